//! Variables that an image reads once, when its volume is empty. Changing them later and redeploying locks the
//! application out: the service keeps the old value, and everybody else gets the new one.

/// The service that reads `name` only at its first start. From the images' own documentation.
pub fn init_only(name: &str) -> Option<&'static str> {
    Some(match name {
        "POSTGRES_PASSWORD" | "POSTGRES_USER" | "POSTGRES_DB" => "postgres",
        "MYSQL_ROOT_PASSWORD" | "MYSQL_PASSWORD" | "MYSQL_USER" => "mysql",
        "MARIADB_ROOT_PASSWORD" | "MARIADB_PASSWORD" | "MARIADB_USER" => "mariadb",
        "MONGO_INITDB_ROOT_USERNAME" | "MONGO_INITDB_ROOT_PASSWORD" => "mongo",
        "GF_SECURITY_ADMIN_PASSWORD" | "GF_SECURITY_ADMIN_USER" => "grafana",
        "RABBITMQ_DEFAULT_PASS" | "RABBITMQ_DEFAULT_USER" => "rabbitmq",
        "KEYCLOAK_ADMIN_PASSWORD" | "KC_BOOTSTRAP_ADMIN_PASSWORD" => "keycloak",
        "DOCKER_INFLUXDB_INIT_PASSWORD" | "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN" => "influxdb",
        "COUCHDB_PASSWORD" => "couchdb",
        "NEXTCLOUD_ADMIN_PASSWORD" => "nextcloud",
        "PGADMIN_DEFAULT_PASSWORD" => "pgadmin",
        _ => return None,
    })
}
