// Dapper's calls are compiled with the library: a native program can make no code as it runs. Columns are snake_case and properties
// PascalCase, which is taken for the same name. A call that cannot be compiled, such as one in a constructor, fails the publishing of the
// native program.
[module: Dapper.DapperAot]
