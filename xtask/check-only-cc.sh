#!/usr/bin/env bash
# check-only-cc.sh ARGUMENT...: stands in for the C compiler in `cargo check` for another system, which links nothing.
# It preprocesses with this system's compiler, without the arguments for the other system. Its object files are empty.
# It also stands in for Microsoft's `lib`, and then writes an empty library.
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
