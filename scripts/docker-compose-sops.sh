#!/bin/sh
# Runs docker compose with the values of the sealed env file in its environment.
#
#   scripts/docker-compose-sops.sh [-C PROJECT_DIR] up -d
#   scripts/docker-compose-sops.sh exec -T api sh        (-T where there is no terminal, as under cron)
#
#   PROJECT_DIR    the compose project; by default the folder above this script's
#   SOPS_ENV_FILE  the sealed file, from there; by default .env.enc
#   ENV_FILE       where compose sees the values as a file; by default .env if a compose file says `env_file`, else nowhere;
#                  empty: nowhere
#   ENV_FORMAT     who reads that file: compose (both versions), compose-v1 or compose-v2
#   RESEAL         the reseal program: a name in PATH or an absolute path
#   COMPOSE        the compose command, with options if need be; by default the plugin, else version 1
#
# No plaintext is written: `reseal exec` opens the file and becomes compose, so compose's exit code is this script's.
# The file at ENV_FILE lies in RAM, and compose alone sees it. Compose also reads a plaintext `.env` of the project
# folder, but its environment wins, so a stray one changes nothing that the sealed file sets. `reseal doctor` finds it.
set -eu

die() { # CODE MESSAGE
  printf 'docker-compose-sops: error: %s\n' "$2" >&2
  exit "$1"
}

there() { command -v "$1" >/dev/null 2>&1; }

# cron's PATH lacks /usr/local; what is appended never hides what is there
PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
export PATH

if [ "${1-}" = -C ]; then
  [ $# -ge 2 ] || die 2 'option -C needs a folder'
  PROJECT_DIR=$2
  shift 2
fi
dir=${PROJECT_DIR:-$(dirname -- "$0")/..}
CDPATH='' cd -- "$dir" 2>/dev/null || die 1 "cannot enter the project folder \"$dir\""

reseal=${RESEAL:-reseal}
there "$reseal" || die 127 "\"$reseal\" is not found: install reseal, or name it in RESEAL"

if [ -z "${COMPOSE:-}" ]; then
  if docker compose version >/dev/null 2>&1; then
    COMPOSE='docker compose'
  else
    COMPOSE=docker-compose
  fi
fi
there "${COMPOSE%% *}" || die 127 "\"$COMPOSE\" is not found: install docker compose, or name it in COMPOSE"

# whether any compose file of the project speaks of an env file; COMPOSE_FILE may name several
names_env_file() {
  (
    IFS=:
    set -f
    # shellcheck disable=SC2086
    set -- ${COMPOSE_FILE:-}
    set +f
    [ $# -gt 0 ] || set -- ./*compose*.yml ./*compose*.yaml
    grep -qs env_file -- "$@"
  )
}

# COMPOSE may hold options, so it is split at blanks; but no `*` in it becomes file names
set -f
file=${ENV_FILE-}
if [ -z "${ENV_FILE+set}" ] && names_env_file; then
  file=.env
fi
if [ -n "$file" ]; then
  # shellcheck disable=SC2086
  exec "$reseal" exec -f "${SOPS_ENV_FILE:-.env.enc}" --env-file "$file" --env-format "${ENV_FORMAT:-compose}" -- $COMPOSE "$@"
fi
# shellcheck disable=SC2086
exec "$reseal" exec -f "${SOPS_ENV_FILE:-.env.enc}" -- $COMPOSE "$@"
