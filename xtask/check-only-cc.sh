#!/usr/bin/env bash
# check-only-cc.sh ARGUMENT...: the C compiler of builds that nobody links (`cargo check` for another system).
# It preprocesses for this system, without the arguments that are for the other one. Its object files are empty.
# As the librarian of a target for Microsoft's linker, it writes an empty library.
if [[ $1 == -out:* ]]; then
    printf '!<arch>\n' >"${1#-out:}"
    exit
fi
arguments=() compiles='' output=''
while (($#)); do
    case $1 in
    -c) compiles=yes ;;
    -o) output=$2 && shift ;;
    -arch | -isysroot) shift ;;
    -I) arguments+=(-I "$2") && shift ;;
    -E | -I?* | -D*) arguments+=("$1") ;;
    -*) ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
if [[ $compiles ]]; then
    : >"$output"
else
    exec cc -E "${arguments[@]}"
fi
