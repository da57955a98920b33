/*
 * The least work that puts the rows of the event tables into SQLite: reads them from a database into memory, then inserts them
 * into a new one with prepared statements of many rows. No text is parsed. Prints the seconds of the inserting.
 *
 *     gcc -O2 -o insert_rows insert_rows.c -lsqlite3 && ./insert_rows imported.db copy.db pgtable_write tlbi barrier
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_PER_STATEMENT = 64, MAX_COLUMNS = 32 };

struct table {
    const char *name;
    int columns;
    size_t rows, room;
    int64_t *values;
    unsigned char *nulls;
};

static void check(int result, sqlite3 *db)
{
    if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ROW) {
        fprintf(stderr, "insert_rows: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static void *grow(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    if (memory == NULL) {
        fputs("insert_rows: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void load(sqlite3 *db, struct table *table)
{
    char sql[200];
    sqlite3_stmt *select;
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1", table->name);
    check(sqlite3_prepare_v2(db, sql, -1, &select, NULL), db);
    table->columns = sqlite3_column_count(select);
    if (table->columns > MAX_COLUMNS) {
        fputs("insert_rows: too many columns\n", stderr);
        exit(1);
    }
    while (sqlite3_step(select) == SQLITE_ROW) {
        if (table->rows == table->room) {
            table->room = table->room == 0 ? 1024 : table->room * 2;
            table->values = grow(table->values, table->room * (size_t)table->columns * sizeof *table->values);
            table->nulls = grow(table->nulls, table->room * (size_t)table->columns);
        }
        for (int i = 0; i < table->columns; i++) {
            size_t at = table->rows * (size_t)table->columns + (size_t)i;
            table->nulls[at] = sqlite3_column_type(select, i) == SQLITE_NULL;
            table->values[at] = sqlite3_column_int64(select, i);
        }
        table->rows++;
    }
    check(sqlite3_finalize(select), db);
}

static sqlite3_stmt *prepare(sqlite3 *db, const struct table *table, int rows)
{
    char *sql = grow(NULL, (size_t)(100 + rows * (table->columns * 2 + 4)));
    int length = sprintf(sql, "INSERT INTO %s VALUES ", table->name);
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < table->columns; i++) {
            length += sprintf(sql + length, "%s?", i > 0 ? "," : row > 0 ? ",(" : "(");
        }
        length += sprintf(sql + length, ")");
    }
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(db, sql, -1, &insert, NULL), db);
    free(sql);
    return insert;
}

static void store(sqlite3 *db, const struct table *table)
{
    sqlite3_stmt *many = prepare(db, table, ROWS_PER_STATEMENT);
    sqlite3_stmt *one = prepare(db, table, 1);
    for (size_t row = 0; row < table->rows;) {
        int rows = table->rows - row >= ROWS_PER_STATEMENT ? ROWS_PER_STATEMENT : 1;
        sqlite3_stmt *insert = rows == 1 ? one : many;
        size_t first = row * (size_t)table->columns;
        for (int i = 0; i < rows * table->columns; i++) {
            if (table->nulls[first + (size_t)i]) {
                sqlite3_bind_null(insert, i + 1);
            } else {
                sqlite3_bind_int64(insert, i + 1, table->values[first + (size_t)i]);
            }
        }
        check(sqlite3_step(insert), db);
        check(sqlite3_reset(insert), db);
        row += (size_t)rows;
    }
    sqlite3_finalize(many);
    sqlite3_finalize(one);
}

static void create(sqlite3 *from, sqlite3 *to, const struct table *table)
{
    sqlite3_stmt *select;
    check(sqlite3_prepare_v2(from, "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", -1, &select, NULL), from);
    sqlite3_bind_text(select, 1, table->name, -1, SQLITE_STATIC);
    check(sqlite3_step(select), from);
    check(sqlite3_exec(to, (const char *)sqlite3_column_text(select, 0), NULL, NULL, NULL), to);
    sqlite3_finalize(select);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: insert_rows FROM.db TO.db TABLE...\n", stderr);
        return 2;
    }
    sqlite3 *from, *to;
    check(sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL), NULL);
    remove(argv[2]);
    check(sqlite3_open(argv[2], &to), NULL);
    int count = argc - 3;
    struct table *tables = grow(NULL, (size_t)count * sizeof *tables);
    memset(tables, 0, (size_t)count * sizeof *tables);
    for (int i = 0; i < count; i++) {
        tables[i].name = argv[i + 3];
        load(from, &tables[i]);
    }

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    check(sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN", NULL, NULL, NULL), to);
    for (int i = 0; i < count; i++) {
        create(from, to, &tables[i]);
        store(to, &tables[i]);
    }
    check(sqlite3_exec(to, "COMMIT", NULL, NULL, NULL), to);
    sqlite3_close(to);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.3f\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    sqlite3_close(from);
    return 0;
}
