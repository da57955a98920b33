#!/usr/bin/env bash
# How time and memory of an analysis grow with the trace, as Markdown tables on standard output. README.md beside this says how to read it.
#   growth.sh [-n ROUNDS] [TRACE]
set -euo pipefail
export LC_ALL=C DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rounds=1
while getopts n: option; do
    case $option in
        n) rounds=$OPTARG ;;
        *) echo "usage: growth.sh [-n ROUNDS] [TRACE]" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
trace=${1:-$root/../shared/captures/boot-6.12-4k-max-4cpu.ftrace.gz}
for need in sqlite3 /usr/bin/time; do
    command -v "$need" >/dev/null || { echo "growth.sh: needs $need" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source "$here/tool.sh"
build_tool "$root" "$work"
dotnet build "$here" -c Release >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
traces=$root/artifacts/bin/TraceReplay.Benchmarks/release/TraceReplay.Benchmarks

# One analysis; its wall time, processor time and memory are added to a file.
run() {
    local times=$1
    shift
    rm -rf "$work/out.db"
    warm_memory "$work" 1200
    /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$tool" analyze "$@" >/dev/null 2>"$work/err" || [[ $? == [13] ]] || { cat "$work/err" >&2; exit 1; }
    tail -n 1 "$work/time" >>"$times"
}

# The least of each.
least() {
    awk '{ cpu = $2 + $3; if (NR == 1 || $1 < w) w = $1; if (NR == 1 || cpu < c) c = cpu; if (NR == 1 || $4 < m) m = $4 } END { print w, c, m / 1024 }' "$1"
}

# One table: what varies, and for each value the trace it gives. The slope is that of processor time over the value before it. Each round
# takes all values one after the other, so that a noisy minute hits all of them.
table() {
    local what=$1 value previous="" kept only round
    shift
    for value in "$@"; do
        make "$what" "$value" "$work/t$value" >&2
    done

    # Else the traces are still being written to the disk while the first are analysed.
    sync
    rm -f "$work"/kept* "$work"/only*
    for ((round = 0; round < rounds; round++)); do
        for value in "$@"; do
            run "$work/kept$value" "$work/t$value" --db "$work/out.db"
            sqlite3 "$work/out.db" 'SELECT max(last_seq) FROM trace' >"$work/events$value"
            run "$work/only$value" "$work/t$value"
        done
    done
    echo
    echo "| $what | events | \`--db\` wall s | processor s | slope | MiB | without: wall s | processor s | slope | MiB |"
    echo '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
    for value in "$@"; do
        kept=$(least "$work/kept$value")
        only=$(least "$work/only$value")
        events=$(cat "$work/events$value")
        awk -v value="$value" -v events="$events" -v now="$kept $only" -v before="$previous" 'BEGIN {
            split(now, n); count = split(before, b)
            for (i = 2; i <= 5; i += 3) slope[i] = count ? sprintf("%.2f", log(n[i] / b[i]) / log(value / b[7])) : ""
            printf "| %s | %d | %.2f | %.2f | %s | %.0f | %.2f | %.2f | %s | %.0f |\n", value, events, n[1], n[2], slope[2], n[3], n[4], n[5], slope[5], n[6]
        }'
        previous="$kept $only $value"
    done
    rm -f "$work"/t[0-9]*
}

make() {
    case $1 in
        events) "$traces" --growth "$2" 4 100 10 "$3" ;;
        CPUs) "$traces" --growth 1000000 "$2" 100 10 "$3" ;;
        'address spaces') "$traces" --growth 1000000 4 "$2" 10 "$3" ;;
        'records pending') "$traces" --growth 1000000 4 100 "$2" "$3" ;;
        'records pending, 1,000,000 TLBIs') "$traces" --pending "$2" 1000000 "$3" ;;
        'copies of the capture') "$traces" --repeat "$work/capture" "$2" "$3" ;;
    esac
}

table events 100000 1000000 10000000
table CPUs 1 4 64
table 'address spaces' 1 100 10000
table 'records pending' 10 1000 100000
table 'records pending, 1,000,000 TLBIs' 10 1000 100000
if [ -e "$trace" ]; then
    if [[ $trace == *.gz ]]; then gzip -dc "$trace" >"$work/capture"; else cp "$trace" "$work/capture"; fi
    table 'copies of the capture' 1 10
fi

echo
echo "Capture: $(basename "$trace"); least of $rounds round(s)."
describe_machine "$how"
