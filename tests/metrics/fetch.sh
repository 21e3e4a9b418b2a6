#!/bin/sh
# Puts Debian's promtool, prometheus and prometheus-node-exporter into FOLDER, where the tests find them:
#
#   tests/metrics/fetch.sh FOLDER
#
# Unpacked, not installed: an installed Prometheus would start as a service, which no test may do to a machine.
set -eu

folder=$1
if [ -x "$folder/prometheus" ]; then exit 0; fi
mkdir -p "$folder"
cd "$folder"
download() {
  apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download prometheus prometheus-node-exporter
}
# The lists of a fresh machine are empty, and those of an old one name files that the mirror no longer has.
download || { apt-get -q -o Acquire::Retries=3 update && download; } || {
  echo "Could not fetch the packages prometheus and prometheus-node-exporter. Is there a network?" >&2
  exit 1
}
for package in *.deb; do dpkg-deb --extract "$package" unpacked; done
rm -- *.deb
# Last, and so the sign that all is there.
mv unpacked/usr/bin/promtool unpacked/usr/bin/prometheus-node-exporter .
mv unpacked/usr/bin/prometheus .
rm -r unpacked
