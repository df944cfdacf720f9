#!/bin/bash
# Monthly: Redis and the keys of the tokens.
OLD=$(grep ^REDIS_PASSWORD= .env | cut -d= -f2)
NEW_REDIS=$(openssl rand -base64 32)
docker compose exec redis redis-cli -a "$OLD" CONFIG SET requirepass "$NEW_REDIS"
docker compose exec redis redis-cli -a "$NEW_REDIS" CONFIG REWRITE

# the tokens of the last day stay valid
CURRENT=$(grep ^JWT_SECRET= .env | cut -d= -f2)
NEW_JWT=$(openssl rand -base64 64)
NEW_REFRESH=$(openssl rand -base64 64)
openssl genrsa -out new.pem 3072   # JWT_PRIVATE_KEY and JWT_PUBLIC_KEY are pasted in by hand

sed -i "s/^JWT_SECRET_PREVIOUS=.*/JWT_SECRET_PREVIOUS=$CURRENT/" .env
sed -i "s/^JWT_SECRET=.*/JWT_SECRET=$NEW_JWT/" .env
sed -i "s/^JWT_REFRESH_SECRET=.*/JWT_REFRESH_SECRET=$NEW_REFRESH/" .env
sed -i "s/^REDIS_PASSWORD=.*/REDIS_PASSWORD=$NEW_REDIS/" .env

docker compose up -d --force-recreate gateway
