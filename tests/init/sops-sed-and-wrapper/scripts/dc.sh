#!/bin/sh
# Déchiffre le fichier scellé à côté du projet, puis appelle compose.
set -eu
cd "$(dirname "$0")/.."
sops --decrypt --input-type dotenv --output-type dotenv .env.enc > .env
docker compose "$@"
