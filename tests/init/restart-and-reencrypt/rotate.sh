#!/usr/bin/env bash
# Renews the keys of the API; run it quarterly.
set -euo pipefail

old=$(grep '^EXCHANGE_KEY_ENCRYPTION_KEY=' .env | cut -d= -f2-)
jwt=$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')
field=$(openssl rand -base64 32)

cp .env ".env.$(date +%s)"
sed -i "s|^JWT_SECRET=.*|JWT_SECRET=${jwt}|" .env
sed -i "s|^EXCHANGE_KEY_ENCRYPTION_KEY_OLD=.*|EXCHANGE_KEY_ENCRYPTION_KEY_OLD=${old}|" .env
sed -i "s/^EXCHANGE_KEY_ENCRYPTION_KEY=.*/EXCHANGE_KEY_ENCRYPTION_KEY=${field}/" .env

docker compose restart api worker
docker compose run --rm api python scripts/reencrypt_exchange_keys.py
curl -fsS http://localhost:8080/health
