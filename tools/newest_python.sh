#!/usr/bin/env bash
# Unpack a CPython that this Debian does not have into a folder, and print the path of its interpreter.
#
#   tools/newest_python.sh FOLDER [VERSION]      VERSION is 3.14 when not given
#
# The packages come from Debian unstable, checked by apt with Debian's keys. Nothing is installed: apt works on lists and a package
# database inside FOLDER, and the interpreter runs with the C library that lies beside it. `-m venv` and pip work as usual.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 FOLDER [VERSION]" >&2; exit 2; }
version=${2:-3.14}
mkdir -p "$1"
folder=$(cd "$1" && pwd)
root=$folder/root
python=$root/usr/bin/python$version
works() { "$python" -c "import ctypes, ensurepip, sqlite3, ssl, sys; assert sys.version.startswith('$version.')" 2>/dev/null; }

if ! works; then
  rm -rf "$root" "$folder/apt"
  mkdir -p "$root" "$folder"/apt/{lists/partial,archives/partial,empty}
  : >"$folder/apt/status"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keyring] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} sid main" >"$folder/apt/sources.list"
  options=(
    -o "Dir::Etc::SourceList=$folder/apt/sources.list"
    -o "Dir::Etc::SourceParts=$folder/apt/empty"
    -o "Dir::Etc::Preferences=/dev/null"
    -o "Dir::Etc::PreferencesParts=$folder/apt/empty"
    -o "Dir::State=$folder/apt"
    -o "Dir::State::Status=$folder/apt/status"
    -o "Dir::State::Lists=$folder/apt/lists"
    -o "Dir::Cache=$folder/apt"
    -o "Dir::Cache::Archives=$folder/apt/archives"
    -o "APT::Sandbox::User="
    -o "APT::Update::Post-Invoke-Success="
    -o "Acquire::Languages=none"
    -o "Acquire::Retries=3"
    -o "APT::Install-Recommends=false"
  )
  apt-get "${options[@]}" -q update >&2
  # libstdc++ is for the wheels of other projects; all else is what the interpreter asks for, the C library included.
  apt-get "${options[@]}" -q -y --download-only install "python$version-venv" libstdc++6 >&2

  # Debian links /bin and /lib into /usr; the packages expect to find that.
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
  # Through tar, because dpkg-deb would put a folder in place of a link.
  for package in "$folder"/apt/archives/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner -C "$root"; done
  rm -rf "$folder/apt"

  # ensurepip looks for its wheels where Debian keeps them.
  sed -i "s#/usr/share/python-wheels#$root/usr/share/python-wheels#g" "$root/usr/lib/python$version"/_sysconfigdata_*.py "$root/usr/lib/python$version"/ensurepip/__init__.py
  mv "$python" "$python.real"
  libraries=$(find "$root/usr/lib" -maxdepth 1 -type d -name '*-linux-gnu*' | head -n 1)
  loader=$(find "$root/usr/lib64" "$root/usr/lib" "$libraries" -maxdepth 1 -name 'ld-linux-*.so.*' | head -n 1)
  cat >"$python" <<WRAPPER
#!/bin/sh
exec "$loader" --argv0 "\$0" --library-path "$libraries" "$python.real" "\$@"
WRAPPER
  chmod +x "$python"
fi

works || { echo "python$version does not run" >&2; exit 1; }
echo "$python"
