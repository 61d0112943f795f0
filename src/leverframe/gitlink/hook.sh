#!/bin/sh
# leverframe git link: tells the hub of what came in. Written by `leverframe git link`; `leverframe git link PATH --unlink` takes it away.
# It notes what happened in a file and starts what sends it: whoever pushes waits for neither the hub nor the network, and nothing that
# goes wrong here fails the push. A hook that was here before is kept beside this one, and runs with the same input.
hook=@HOOK@
kept=@KEPT@
[ -z "$kept" ] || kept=$(dirname "$0")/$kept # wherever the repository has been moved to
python=@PYTHON@
home=$(cd "$(git rev-parse --git-common-dir)" && pwd)/leverframe

came() {
    case $hook in
    post-receive)
        printf %s "$all"
        case "
$all" in
        *"
00000000"*) # what a new branch brings is what no other ref had by now; the next push may be a moment away
            printf '\n'
            git for-each-ref --format='%(objectname) %(refname)'
            ;;
        esac
        ;;
    *) # of a working copy: from where the branch was before to where it is now
        new=$(git rev-parse -q --verify HEAD)
        old=$(git rev-parse -q --verify 'HEAD@{1}' || git rev-parse -q --verify 'HEAD^' || printf %s "$new" | tr 0-9a-f 0)
        printf '%s %s %s\n' "$old" "$new" "$(git symbolic-ref -q HEAD)"
        ;;
    esac
}

note() {
    id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    pusher=${LEVERFRAME_PUSHER:-${GITEA_PUSHER_NAME:-${GL_USERNAME:-${GL_USER:-${REMOTE_USER:-$(id -un)}}}}}
    (
        if [ -g "$home/spool" ]; then umask 0007; else umask 0077; fi
        {
            printf 'hook=%s\n' "$hook"
            printf 'pusher=%s\n' "$(printf %s "$pusher" | tr '\n' ' ')"
            printf 'email=%s\n' "$(printf %s "${GITEA_PUSHER_EMAIL:-}" | tr '\n' ' ')"
            printf 'at=%s\n\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
            came
        } >"$home/spool/.$id" && mv "$home/spool/.$id" "$home/spool/$id.push"
    ) 2>/dev/null || {
        rm -f "$home/spool/.$id"
        echo "leverframe: this was not noted for the hub: $home/spool cannot be written to" >&2
        return
    }
    for one in "$python" python3; do
        if command -v "$one" >/dev/null 2>&1; then
            "$one" "$home/sender.py" "$home" </dev/null >/dev/null 2>&1 &
            return
        fi
    done
}

case $hook in
post-receive)
    all=$(cat; printf .)
    all=${all%.}
    note
    [ -x "$kept" ] || exit 0
    printf %s "$all" | "$kept" "$@"
    ;;
*) # nothing is noted of a commit that is on no branch, as in the middle of a rebase, nor of a merge that is yet to be committed
    { [ "$hook" = post-merge ] && [ "$1" = 1 ]; } || { git symbolic-ref -q HEAD >/dev/null && note; }
    [ -x "$kept" ] || exit 0
    "$kept" "$@"
    ;;
esac
