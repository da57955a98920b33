// Dapper's calls are compiled with the library: a native program can make no code as it runs. Columns are snake_case and properties
// PascalCase, which is taken for the same name.
[module: Dapper.DapperAot]
