#!/usr/bin/env bash
# Whole programs on one trace, in alternating rounds, as a Markdown table on standard output. README.md beside this says what each row is.
#   bench.sh [-n ROUNDS] [TRACE]
set -euo pipefail
export LC_ALL=C DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rounds=5
while getopts n: option; do
    case $option in
        n) rounds=$OPTARG ;;
        *) echo "usage: bench.sh [-n ROUNDS] [TRACE]" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
trace=${1:-$root/../shared/captures/boot-6.12-4k-max-4cpu.ftrace.gz}
for need in sqlite3 gcc /usr/bin/time; do
    command -v "$need" >/dev/null || { echo "bench.sh: needs $need" >&2; exit 2; }
done
[ -e "$trace" ] || { echo "bench.sh: $trace: no such file" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
text=$trace
if [[ $trace == *.gz ]]; then
    # Decompressed once: a round measures reading text, for every program the same.
    text=$work/$(basename "$trace" .gz)
    gzip -dc "$trace" >"$text"
fi

dotnet build "$root/src/TraceReplay.Cli" -c Release >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
tool=$root/artifacts/bin/TraceReplay.Cli/release/tracereplay
gcc -O2 -o "$work/insert_rows" "$here/insert_rows.c" -lsqlite3

# The rows to compare with: those of an import, also as one CSV file a table.
"$tool" import "$text" --db "$work/rows.db" >/dev/null 2>&1
tables=(pgtable_write tlbi barrier sysreg_write table_known descriptor_known table_gone)
: >"$work/import.sql"
echo 'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;' >>"$work/import.sql"
for table in "${tables[@]}"; do
    sqlite3 -csv "$work/rows.db" "SELECT * FROM $table ORDER BY 1" >"$work/$table.csv"
    # Not STRICT: .import cannot say NULL, and an empty text is no integer.
    columns=$(sqlite3 "$work/rows.db" "SELECT group_concat(name || iif(pk, ' INTEGER PRIMARY KEY', ' INTEGER'), ', ') FROM pragma_table_info('$table')")
    printf 'CREATE TABLE %s (%s);\n.import --csv %s/%s.csv %s\n' "$table" "$columns" "$work" "$table" "$table" >>"$work/import.sql"
done
echo 'COMMIT;' >>"$work/import.sql"
events=$(sqlite3 "$work/rows.db" 'SELECT max(last_seq) FROM trace')

names=(analyze import sqlite-import insert-rows)
if command -v trace-cmd >/dev/null && [[ $trace == *.dat ]]; then
    names+=(trace-cmd)
fi

measure() {
    local name=$1
    shift
    /usr/bin/time -o "$work/time" -f '%e %M' "$@" >"$work/out" 2>"$work/err" || {
        # analyze says with its exit status whether it found errors.
        [[ $name == analyze && $(sed -n 's/Command exited with non-zero status //p' "$work/time") == 1 ]] || { cat "$work/err" >&2; exit 1; }
    }
    tail -n 1 "$work/time" >>"$work/$name.times"
}

for ((round = 0; round < rounds; round++)); do
    for name in "${names[@]}"; do
        rm -f "$work"/out.db
        case $name in
            analyze) measure "$name" "$tool" analyze "$text" --db "$work/out.db" --force ;;
            import) measure "$name" "$tool" import "$text" --db "$work/out.db" --force ;;
            sqlite-import) measure "$name" sqlite3 "$work/out.db" ".read $work/import.sql" ;;
            insert-rows)
                measure "$name" "$work/insert_rows" "$work/rows.db" "$work/out.db" "${tables[@]}"
                # Its own clock leaves out the reading of the rows.
                sed -i "\$s/^[^ ]*/$(cat "$work/out")/" "$work/$name.times"
                ;;
            trace-cmd) measure "$name" trace-cmd report "$trace" ;;
        esac
    done
done

declare -A what=(
    [analyze]='`tracereplay analyze` (import, replay, findings)'
    [import]='`tracereplay import`'
    [sqlite-import]='`sqlite3 .import` of the same events as CSV'
    [insert-rows]='`insert_rows.c`: the same rows from memory, no parsing'
    [trace-cmd]='`trace-cmd report` of the trace.dat'
)
echo "Trace: $(basename "$trace"), $(printf "%'d" "$events") events, $(stat -c %s "$text") bytes of text; $rounds rounds, one program after the other in each."
echo "CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\).*/\1/p' | tail -n 1); SQLite of the shell $(sqlite3 --version | cut -d' ' -f1); $(uname -s) $(uname -r)."
echo "Date: $(date -u +%Y-%m-%d); load when finished: $(cut -d' ' -f1-3 /proc/loadavg)."
echo
echo '| program | median s | min s | max s | events/s (median) | peak memory MiB |'
echo '| --- | ---: | ---: | ---: | ---: | ---: |'
for name in "${names[@]}"; do
    sort -n "$work/$name.times" | awk -v what="${what[$name]}" -v events="$events" '
        { s[NR] = $1; if ($2 > peak) peak = $2 }
        END {
            median = NR % 2 ? s[(NR + 1) / 2] : (s[NR / 2] + s[NR / 2 + 1]) / 2
            printf "| %s | %.2f | %.2f | %.2f | %d | %.0f |\n", what, median, s[1], s[NR], (median > 0 ? events / median : 0), peak / 1024
        }'
done
