#!/usr/bin/env bash
# windows.sh DIRECTORY COMMAND...: runs a command that builds for Windows, in a Debian system in this directory.
#
# The first run installs that system: Rust with the sources of its standard library, a compiler for Windows and
# Wine. It needs root, and debootstrap or apt-get, and uses this machine's package mirror. The command runs in
# a copy of the repository's tracked files. Exit code 3: the system cannot be installed here.
set -euo pipefail
root=$(realpath -m "$1")
shift
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

skip() {
    echo "$1"
    exit 3
}

# The devices must not be there any more when the directory is deleted.
unmount() {
    umount -l "$root/dev" "$root/proc" 2>/dev/null || true
}
trap unmount EXIT

mount_devices() {
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
    mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
}

inside() {
    local certificates=()
    [[ ! -e $root/etc/ssl/extra-ca.pem ]] ||
        certificates=(SSL_CERT_FILE=/etc/ssl/extra-ca.pem CARGO_HTTP_CAINFO=/etc/ssl/extra-ca.pem)
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root RUSTC_BOOTSTRAP=1 WINEDEBUG=-all \
        DEBIAN_FRONTEND=noninteractive CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0 \
        CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-0}" \
        CARGO_UNSTABLE_BUILD_STD="std panic_abort" CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine \
        "${certificates[@]}" "$@"
}

install() {
    ((EUID == 0)) || skip "only root can install a system in a directory"
    command -v debootstrap >/dev/null || { apt-get update && apt-get install -y debootstrap; } ||
        skip "debootstrap cannot be installed"
    local mirror
    mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [[ -e $root/etc/debian_version ]] ||
        debootstrap --variant=minbase --include=ca-certificates trixie "$root" ${mirror:+"$mirror"} ||
        skip "the Debian system cannot be installed"
    cp /etc/resolv.conf "$root/etc/" || true
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" || true
    [[ -z ${SSL_CERT_FILE:-} ]] || cp "$SSL_CERT_FILE" "$root/etc/ssl/extra-ca.pem"
    mkdir -p "$root/root/.cargo" "$root/root/checkout"
    cp "${CARGO_HOME:-$HOME/.cargo}/config.toml" "$root/root/.cargo/" 2>/dev/null || true
    mount_devices
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
    touch "$root/installed"
}

[[ -e $root/installed ]] || install
mount_devices
mkdir -p "$root/root/checkout"
git -C "$checkout" ls-files -z | (cd "$checkout" && xargs -0 tar c --ignore-failed-read) | tar x -C "$root/root/checkout"
inside bash -c 'cd /root/checkout && exec "$@"' bash "$@"
