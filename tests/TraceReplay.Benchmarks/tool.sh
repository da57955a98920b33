# Shared by bench.sh and growth.sh: the program that is measured, and the machine it is measured on.

# Publishes the tool as README.md says: the native program, or else what runs on .NET, compiled ahead of time where that can be had. Sets tool
# and how. TRACE_REPLAY_TOOL=dotnet leaves the native program out.
build_tool() {
    local root=$1 work=$2
    # In a copy: the lock files of the repository do not name the runtime that is compiled for.
    mkdir "$work/tree"
    (cd "$root" && git ls-files -z | tar -c --null -T -) | tar -x -C "$work/tree"
    tool=$work/tool/tracereplay
    how='native program'
    [ "${TRACE_REPLAY_TOOL:-}" != dotnet ] && publish -p:PublishProfile=native && return
    how='published with ReadyToRun'
    publish --use-current-runtime --self-contained false -p:PublishReadyToRun=true -p:RestoreLockedMode=false && return

    how='built, compiled as it runs'
    dotnet build "$root/src/TraceReplay.Cli" -c Release >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
    tool=$root/artifacts/bin/TraceReplay.Cli/release/tracereplay
}

publish() {
    rm -rf "$work/tool"
    dotnet publish "$work/tree/src/TraceReplay.Cli" -c Release "$@" -o "$work/tool" >"$work/build.log" 2>&1
}

# Uses and frees so many MiB of the memory that files are written to. A virtual machine gives free memory back to its host, and its first touch
# afterwards took fifteen times as long as a copy of a page: a longer run, which writes more, would be charged for more of it.
warm_memory() {
    head -c "$2M" /dev/zero >"$1/warm"
    rm "$1/warm"
}

describe_machine() {
    echo "CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\).*/\1/p' | tail -n 1), $1; SQLite of the shell $(sqlite3 --version | cut -d' ' -f1); $(uname -s) $(uname -r)."
    echo "Date: $(date -u +%Y-%m-%d); load when finished: $(cut -d' ' -f1-3 /proc/loadavg)."
}
