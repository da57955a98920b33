#!/usr/bin/env bash
# Whole programs on one trace, in alternating rounds, and the steps of an analysis, as Markdown tables on standard output.
# README.md beside this says what each row is.
#   bench.sh [-n ROUNDS] [-d TRACE.DAT] [TRACE]
set -euo pipefail
export LC_ALL=C DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rounds=5
dat=
while getopts n:d: option; do
    case $option in
        n) rounds=$OPTARG ;;
        d) dat=$OPTARG ;;
        *) echo "usage: bench.sh [-n ROUNDS] [-d TRACE.DAT] [TRACE]" >&2; exit 2 ;;
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

source "$here/tool.sh"
build_tool "$root" "$work"
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

names=(rules analyze analyze-only import replay sqlite-import insert-rows)
capture=$root/../shared/captures/workload-v6.trace.dat.gz
if [[ -z $dat && -e $capture ]]; then
    # Of two CPUs; by itself so small that starting would be all that is measured.
    gzip -dc "$capture" >"$work/small.dat"
    dat=$work/trace.dat
    dotnet run --project "$here" -c Release -- --repeat-dat "$work/small.dat" 2 40 "$dat"
fi
if command -v trace-cmd >/dev/null && [ -e "$dat" ]; then
    names+=(trace-cmd analyze-report import-dat)
    if [[ $dat == *.gz ]]; then
        gzip -dc "$dat" >"$work/trace.dat"
        dat=$work/trace.dat
    fi
    trace-cmd report "$dat" >"$work/report.txt" 2>/dev/null
    "$tool" import "$work/report.txt" --db "$work/report.db" >/dev/null 2>&1 || true
    dat_events=$(sqlite3 "$work/report.db" 'SELECT max(last_seq) FROM trace')
fi

measure() {
    local name=$1
    shift
    warm_memory "$work" 400
    /usr/bin/time -o "$work/time" -f '%e %M %U %S' "$@" >"$work/out" 2>"$work/err" || {
        # analyze says with its exit status whether it found errors.
        [[ $name == analyze* || $name == replay ]] && [[ $(sed -n 's/Command exited with non-zero status //p' "$work/time") =~ ^[13]$ ]] || { cat "$work/err" >&2; exit 1; }
    }
    tail -n 1 "$work/time" >>"$work/$name.times"
}

for ((round = 0; round < rounds; round++)); do
    for name in "${names[@]}"; do
        rm -f "$work"/out.db
        case $name in
            rules) measure "$name" "$tool" rules ;;
            replay) measure "$name" "$tool" replay "$work/rows.db" ;;
            analyze) rm -rf "$work/reports"; measure "$name" "$tool" analyze "$text" --db "$work/out.db" --out "$work/reports" ;;
            analyze-only) rm -rf "$work/reports"; measure "$name" "$tool" analyze "$text" --out "$work/reports" ;;
            analyze-report) measure "$name" "$tool" analyze "$work/report.txt" --db "$work/out.db" ;;
            import-dat) measure "$name" "$tool" import "$dat" --db "$work/out.db" ;;
            import) measure "$name" "$tool" import "$text" --db "$work/out.db" ;;
            sqlite-import) measure "$name" sqlite3 "$work/out.db" ".read $work/import.sql" ;;
            insert-rows)
                measure "$name" "$work/insert_rows" "$work/rows.db" "$work/out.db" "${tables[@]}"
                # Its own clock leaves out the reading of the rows.
                sed -i "\$s/^[^ ]*/$(cat "$work/out")/" "$work/$name.times"
                ;;
            trace-cmd) measure "$name" trace-cmd report "$dat" ;;
        esac
    done
done

declare -A what=(
    [rules]='`tracereplay rules`: start-up, no events'
    [replay]='`tracereplay replay` of the imported database'
    [analyze]='`tracereplay analyze --db --out`: events, replay, indexes, findings, all CSVs'
    [analyze-only]='`tracereplay analyze --out`: verdict and the CSVs about findings, nothing kept'
    [import]='`tracereplay import`'
    [sqlite-import]='`sqlite3 .import` of the same events as CSV'
    [insert-rows]='`insert_rows.c`: the same rows from memory, no parsing'
    [trace-cmd]='`trace-cmd report` of a trace.dat'
    [import-dat]='`tracereplay import` of that trace.dat'
    [analyze-report]='`tracereplay analyze --db` of what it prints'
)
declare -A rate
echo "Trace: $(basename "$trace"), $(printf "%'d" "$events") events, $(stat -c %s "$text") bytes of text; $rounds rounds, one program after the other in each."
[[ " ${names[*]} " != *" trace-cmd "* ]] || echo "trace.dat: $(basename "$dat"), $(printf "%'d" "$dat_events") events, $(stat -c %s "$work/report.txt") bytes of report; $(dpkg-query -W -f '${Package} ${Version}' trace-cmd 2>/dev/null || echo trace-cmd)."
describe_machine "$how"
echo "Database: $(stat -c %s "$work/rows.db") bytes after an import, $(($(stat -c %s "$work/rows.db") / events)) an event."
echo
echo '| program | median s | min s | max s | processor s (min) | events/s (median) | peak memory MiB |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
for name in "${names[@]}"; do
    count=$events
    [[ $name != trace-cmd && $name != analyze-report && $name != import-dat ]] || count=$dat_events
    [[ $name != rules ]] || count=0
    row=$(sort -n "$work/$name.times" | awk -v what="${what[$name]}" -v events="$count" '
        { s[NR] = $1; if ($2 > peak) peak = $2; if (NR == 1 || $3 + $4 < cpu) cpu = $3 + $4 }
        END {
            median = NR % 2 ? s[(NR + 1) / 2] : (s[NR / 2] + s[NR / 2 + 1]) / 2
            printf "| %s | %.2f | %.2f | %.2f | %.2f | %d | %.0f |\n", what, median, s[1], s[NR], cpu, (median > 0 ? events / median : 0), peak / 1024
        }')
    echo "$row"
    rate[$name]=$(cut -d'|' -f7 <<<"$row" | tr -d ' ')
done

ratio() { awk -v a="${rate[$1]}" -v b="${rate[$2]}" -v text="$3" 'BEGIN { printf "* %s: %.2f\n", text, a / b }'; }
echo
echo 'Ratios of the medians of events/s:'
echo
ratio import insert-rows 'import to the C program (bar 0.6)'
ratio analyze sqlite-import 'analyze to `sqlite3 .import` (bar 2)'
if [[ -n ${rate[trace-cmd]:-} ]]; then
    ratio analyze-report trace-cmd 'analyze of its text to `trace-cmd report` (bar 2)'
    ratio import-dat trace-cmd 'import of the trace.dat to `trace-cmd report` (bar 3)'
fi

echo
echo 'Steps in one process, each alone (`--stages`):'
echo
DOTNET_TieredPGO=0 dotnet run --project "$here" -c Release -- --stages "$rounds" "$text"

echo
echo 'Questions to an open database, read once before (`--queries`):'
echo
DOTNET_TieredPGO=0 dotnet run --project "$here" -c Release -- --queries "$rounds" "$text" | head -n 14
