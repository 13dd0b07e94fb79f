#!/usr/bin/env bash
# windows.sh DIRECTORY COMMAND...: runs a command that builds for Windows, in a Debian system in this directory.
#
# The first run installs that system: Rust with the sources of its standard library, a compiler for Windows and Wine. It
# needs root, and debootstrap or apt-get, and uses this machine's package mirror. The command runs in a copy of the
# repository's tracked files, and builds in `target` of root's home directory there. A time-out ends a test binary after
# half an hour. Wine is slow, so the watchdogs of tests wait ten minutes. Errors are written to standard output. The
# exit code is 3 if the system cannot be installed here.
#
# PYSSL_WINDOWS_OPENSSL may name a directory with OpenSSL for Windows (`include`, `lib`, and the DLLs in `bin`). Builds
# without the feature `vendored` use it.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
root=$(realpath -m "$1")
checkout=$(dirname "$(dirname "$self")")
home=~root

skip() {
    echo "$1"
    exit 3
}

((EUID == 0)) || skip "only root can install a system in a directory, or run commands in it"

# The mounts below belong to this process and end with it, so the directory can be deleted at any time.
if [[ -z ${PYSSL_WINDOWS_MOUNTS:-} ]]; then
    unshare --mount true || skip "this process may not mount file systems"
    PYSSL_WINDOWS_MOUNTS=own exec unshare --mount "$self" "$@"
fi
shift
mkdir -p "$root"
# One run at a time: the next one replaces the copy of the repository.
exec 9<"$root"
flock 9

inside() {
    local certificates=()
    [[ ! -e $root/etc/ssl/extra-ca.pem ]] ||
        certificates=(SSL_CERT_FILE=/etc/ssl/extra-ca.pem CARGO_HTTP_CAINFO=/etc/ssl/extra-ca.pem)
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
    mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
    local openssl=()
    if [[ -n ${PYSSL_WINDOWS_OPENSSL:-} ]]; then
        mkdir -p "$root/opt/openssl"
        mountpoint -q "$root/opt/openssl" || mount --bind "$PYSSL_WINDOWS_OPENSSL" "$root/opt/openssl"
        openssl=(OPENSSL_DIR=/opt/openssl OPENSSL_STATIC=0 OPENSSL_LIBS=ssl:crypto 'WINEPATH=Z:\opt\openssl\bin')
    fi
    # Wine's server outlives the command for some seconds. It must not keep the lock.
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" RUSTC_BOOTSTRAP=1 WINEDEBUG=-all \
        DEBIAN_FRONTEND=noninteractive CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$home/target" \
        CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-0}" \
        CARGO_UNSTABLE_BUILD_STD="std panic_abort" PYSSL_PATIENCE=600 \
        CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER='timeout --kill-after=10 1800 wine' \
        "${certificates[@]}" "${openssl[@]}" "$@" 9<&-
}

install() {
    command -v debootstrap >/dev/null || { apt-get update && apt-get install -y debootstrap; } ||
        skip "debootstrap cannot be installed"
    local mirror
    mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [[ -e $root/base-installed ]] ||
        debootstrap --variant=minbase --include=ca-certificates trixie "$root" ${mirror:+"$mirror"} ||
        skip "the Debian system cannot be installed"
    touch "$root/base-installed"
    cp /etc/resolv.conf "$root/etc/" || true
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" || true
    [[ -z ${SSL_CERT_FILE:-} ]] || cp "$SSL_CERT_FILE" "$root/etc/ssl/extra-ca.pem"
    mkdir -p "$root$home/.cargo"
    cp "${CARGO_HOME:-$HOME/.cargo}/config.toml" "$root$home/.cargo/" 2>/dev/null || true
    inside apt-get update && inside apt-get install -y --no-install-recommends cargo rust-src \
        gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wine wine64 pkg-config perl make gcc libc6-dev nasm ||
        skip "Wine or a compiler for Windows cannot be installed"
    # Two objects that the target links. Debian builds them for the target of its own only.
    inside sh -ec 'target=/usr/lib/rustlib/x86_64-pc-windows-gnu/lib
        mkdir -p $target/self-contained
        for object in rsbegin rsend; do
            rustc --target x86_64-pc-windows-gnu --emit=obj -o $target/$object.o \
                /usr/lib/rustlib/src/rust/library/rtstartup/$object.rs
            cp $target/$object.o $target/self-contained/
        done'
    # The first start makes Wine's directory. That takes longer than the time-outs of some tests.
    inside wine cmd /c exit || skip "Wine does not start here"
    touch "$root/installed"
}

[[ -e $root/installed ]] || install
# Files that were removed from the repository must not stay in the copy. Files keep their times, so cargo builds
# only what has changed.
copy=$home/checkout
rm -rf "${root:?}$copy"
mkdir -p "$root$copy"
git -C "$checkout" ls-files -z | (cd "$checkout" && xargs -0 tar c --ignore-failed-read) | tar x -C "$root$copy"
inside sh -c 'cd "$0" && exec "$@" 2>&1' "$copy" "$@"
