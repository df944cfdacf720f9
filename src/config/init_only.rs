//! Variables that an image reads once, when its volume is empty. Changing them later and redeploying locks the
//! application out: the service keeps the old value, and everybody else gets the new one.
//!
//! MinIO is not among them: it reads `MINIO_ROOT_USER` and `MINIO_ROOT_PASSWORD` at every start, so that file and
//! redeploy are the whole change. Neither is ClickHouse, nor a Redis that gets its password by its command line.

/// A service that reads a variable only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitOnly {
    /// Which service.
    pub service: &'static str,
    /// What to write as `target` for it, where this version speaks to it.
    pub target: Option<&'static str>,
}

const POSTGRES: &str = "postgres = { at = \"compose:SERVICE\", user = \"USER\" }";
const MYSQL: &str = "mysql = { at = \"compose:SERVICE\", user = \"USER\" }";
const GRAFANA: &str = "grafana = { at = \"http://127.0.0.1:3000\", user = \"admin\" }";

/// The service that reads `name` only at its first start. From the images' own documentation.
pub fn init_only(name: &str) -> Option<InitOnly> {
    let (service, target) = match name {
        "POSTGRES_PASSWORD" => ("postgres", Some(POSTGRES)),
        "POSTGRES_USER" | "POSTGRES_DB" => ("postgres", None),
        "POSTGRESQL_PASSWORD" | "POSTGRESQL_POSTGRES_PASSWORD" => ("postgresql", Some(POSTGRES)),
        "MYSQL_ROOT_PASSWORD" | "MYSQL_PASSWORD" => ("mysql", Some(MYSQL)),
        "MARIADB_ROOT_PASSWORD" | "MARIADB_PASSWORD" => ("mariadb", Some(MYSQL)),
        "MYSQL_USER" | "MYSQL_DATABASE" => ("mysql", None),
        "MARIADB_USER" | "MARIADB_DATABASE" => ("mariadb", None),
        "MONGO_INITDB_ROOT_USERNAME" | "MONGO_INITDB_ROOT_PASSWORD" => ("mongo", None),
        "MONGODB_ROOT_PASSWORD" | "MONGODB_PASSWORD" => ("mongodb", None),
        "GF_SECURITY_ADMIN_PASSWORD" => ("grafana", Some(GRAFANA)),
        "GF_SECURITY_ADMIN_USER" => ("grafana", None),
        "RABBITMQ_DEFAULT_PASS" | "RABBITMQ_DEFAULT_USER" => ("rabbitmq", None),
        "KEYCLOAK_ADMIN_PASSWORD" | "KC_BOOTSTRAP_ADMIN_PASSWORD" => ("keycloak", None),
        "DOCKER_INFLUXDB_INIT_PASSWORD" | "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN" => ("influxdb", None),
        "COUCHDB_PASSWORD" => ("couchdb", None),
        "ELASTIC_PASSWORD" => ("elasticsearch", None),
        "OPENSEARCH_INITIAL_ADMIN_PASSWORD" => ("opensearch", None),
        "GITLAB_ROOT_PASSWORD" => ("gitlab", None),
        "NEXTCLOUD_ADMIN_PASSWORD" => ("nextcloud", None),
        "PGADMIN_DEFAULT_PASSWORD" => ("pgadmin", None),
        _ => return None,
    };
    Some(InitOnly { service, target })
}
