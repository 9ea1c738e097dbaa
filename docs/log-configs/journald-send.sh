#!/bin/sh
# /usr/local/bin/exit137-journald-send
#
# Posts what journald got since the last time to exit137, every two seconds; `once` as argument: once. Needs systemd 242
# and curl. Run by journald-send.service, which says where to. What was not taken is sent again at the next start.
set -eu

state=${STATE_DIRECTORY:-/var/lib/exit137-journald-send}
umask 077
# A file, not an argument: arguments of a process can be read by everybody on the host.
printf 'header = "Authorization: Bearer %s"\n' "$LOGS_TOKEN" > "$state/curl.conf"

send_new() {
  cp -f "$state/cursor" "$state/cursor.next" 2> /dev/null || rm -f "$state/cursor.next"
  since=
  test -f "$state/cursor.next" || since=--since=-1day
  # What exit137 reads: the kernel, Docker, the Mesos agent.
  # shellcheck disable=SC2086 # Options that may be none or several.
  journalctl ${JOURNALCTL_OPTIONS:-} $since --cursor-file="$state/cursor.next" --output=json --quiet \
    _TRANSPORT=kernel + _SYSTEMD_UNIT=docker.service _SYSTEMD_UNIT=containerd.service \
    _SYSTEMD_UNIT=mesos-slave.service _SYSTEMD_UNIT=mesos-agent.service _SYSTEMD_UNIT=dcos-mesos-slave.service |
    split --line-bytes=8m --filter='gzip | curl --config "$CURL_CONFIG" --fail --silent --show-error \
      --max-time 60 --data-binary @- --header "Content-Type: application/x-ndjson" \
      --header "Content-Encoding: gzip" --output /dev/null "$EXIT137_URL/api/v1/logs"'
  test ! -f "$state/cursor.next" || mv -f "$state/cursor.next" "$state/cursor"
}

export EXIT137_URL CURL_CONFIG="$state/curl.conf"
send_new
while test "${1:-}" != once; do
  sleep 2
  send_new
done
