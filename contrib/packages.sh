#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# The Debian 12 packages for building and testing, and how they are installed without disturbing
# the machine: sourced by contrib/try and contrib/check.
#
# Run as a program, `contrib/packages.sh sendmail` unpacks Sendmail for the tests, which must not be
# installed beside Postfix.

build_packages="g++ cmake ninja-build pkg-config libmilter-dev libldns-dev libboost-container-dev
  libspdlog-dev libfmt-dev doctest-dev libsqlite3-dev libsqlitecpp-dev libre2-dev libgmime-3.0-dev
  libicu-dev libidn2-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libsodium-dev
  libsystemd-dev"
try_packages="postfix nsd python3"
try_sendmail_packages="nsd python3"
test_packages="postfix nsd unbound ldnsutils python3 python3-pytest mandoc systemd-journal-remote
  opendkim opendkim-tools"
# Never installed, only unpacked.
sendmail_packages="sendmail-bin sendmail-base sendmail-cf m4 libsigsegv2 libwrap0 liblockfile1
  sasl2-bin libsasl2-2 libsasl2-modules libsasl2-modules-db libdb5.3"
full_packages="clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev libclang-19-dev llvm-19-dev
  chromium prometheus"

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages NAME…: installs what is missing. Servers that come with it are neither started
# now (a policy-rc.d for the time of the installation, where the machine has none of its own) nor
# at the next boot, and Postfix gets no configuration: the tests bring their own.
install_packages() {
    local name missing=()
    for name in "$@"; do
        is_installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing, and only root can install them: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing ${#missing[@]} packages: ${missing[*]}"
    (
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap 'rm -f $policy' EXIT
            trap 'exit 130' INT TERM HUP
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod 755 $policy
        fi
        if ! is_installed postfix; then
            echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
        fi
        apt-get update -qq </dev/null
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
    ) >"${TMPDIR:-/tmp}/holdback-apt.$$" 2>&1 || {
        tail -n 30 "${TMPDIR:-/tmp}/holdback-apt.$$" >&2
        rm -f "${TMPDIR:-/tmp}/holdback-apt.$$"
        return 1
    }
    rm -f "${TMPDIR:-/tmp}/holdback-apt.$$"
    for name in postfix nsd unbound opendkim prometheus; do
        if [[ " ${missing[*]} " == *" $name "* ]] && [ -d /run/systemd/system ]; then
            systemctl disable --quiet "$name" </dev/null 2>/dev/null || true
        fi
    done
}

# download DIRECTORY NAME…: the packages themselves, of the machine's own sources.
download() {
    (cd "$1" && apt-get -o APT::Sandbox::User=root download -qq "${@:2}" </dev/null)
}

# unpack_sendmail: fetches Sendmail and what it needs from Debian and unpacks it in
# build/sendmail/root below the source tree, where tests/lab/sendmail.py looks for it. What is there
# already is not fetched again, and nothing of it is installed.
unpack_sendmail() {
    local top name debs root missing=()
    top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/sendmail
    debs=$top/debs root=$top/root
    [ -e "$top/complete" ] && return 0
    rm -rf "$root"
    mkdir -p "$debs" "$root"
    for name in $sendmail_packages; do
        compgen -G "$debs/${name}_*.deb" >/dev/null || missing+=("$name")
    done
    # The lists of packages may be old, or not be there.
    [ ${#missing[@]} -eq 0 ] || download "$debs" "${missing[@]}" ||
        { apt-get update -qq </dev/null && download "$debs" "${missing[@]}"; } || return 1
    for name in "$debs"/*.deb; do
        dpkg -x "$name" "$root" || return 1
    done
    # A program that is setgid takes no libraries from where we have them.
    chmod ug-s "$root/usr/libexec/sendmail/sendmail" && touch "$top/complete"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    case "$*" in
    sendmail) unpack_sendmail ;;
    *)
        echo "usage: contrib/packages.sh sendmail" >&2
        exit 2
        ;;
    esac
fi
