#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that tests marked "system" need: an MQTT broker, a database
# server, a browser and an independent RTSP server. Installs only what is missing and asks nothing.
# Where it may not install (no apt, no root, no passwordless sudo) or cannot, it names the packages
# and still exits 0: those tests then skip by name.
set -euo pipefail

packages=(
  mosquitto
  postgresql
  chromium
  python3-gi
  gir1.2-gst-rtsp-server-1.0
  gir1.2-gst-plugins-base-1.0
  gstreamer1.0-plugins-base
  gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly
)

list_missing() {
  local package
  for package in "${packages[@]}"; do
    if ! dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
      echo "$package"
    fi
  done
}

give_up() {
  echo "system-packages: $1" >&2
  echo "system-packages: tests that need these packages will be skipped; to run them, install: ${*:2}" >&2
  exit 0
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  give_up "this is not a Debian or Ubuntu system" "${packages[@]}"
fi

mapfile -t missing < <(list_missing)
if [ "${#missing[@]}" -eq 0 ]; then
  echo "system-packages: everything the tests need is installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
    give_up "installing needs root or passwordless sudo" "${missing[@]}"
  fi
  as_root=(sudo -n)
fi

apt_get() {
  # ${x[@]+...} keeps "set -u" quiet on an empty array in bash before 4.4.
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"
}
install() {
  apt_get install --no-install-recommends "$@"
}

echo "system-packages: installing ${missing[*]}"
apt_get update || echo "system-packages: apt-get update failed; trying with the lists at hand" >&2
if ! install "${missing[@]}"; then
  # One package that this release does not have must not keep the others away.
  for package in "${missing[@]}"; do
    install "$package" || echo "system-packages: could not install $package" >&2
  done
fi

mapfile -t missing < <(list_missing)
if [ "${#missing[@]}" -ne 0 ]; then
  give_up "apt could not install everything" "${missing[@]}"
fi
echo "system-packages: done"
