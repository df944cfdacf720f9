use serde_json::json;

use super::*;

/// As `docker compose config --no-interpolate --format json` of 2.26 has it.
fn model() -> Model {
    let answer = json!({
        "name": "shop",
        "secrets": { "jwt": { "environment": "JWT" }, "unused": { "environment": "NOBODYS" } },
        "configs": { "site": { "content": "key = ${IN_CONFIG}" } },
        "volumes": { "data": { "driver_opts": { "o": "password=${SHARE}" } } },
        "services": {
            "api": {
                "env_file": [{ "path": "/p/.env", "required": true }],
                "environment": { "FIXED": "constant", "RENAMED": "${DBPW}" },
            },
            "db": {
                "environment": ["DBPW", "URL=postgres://${URLPW:?no}@x", "MODE=prod"],
                "secrets": [{ "source": "jwt", "target": "/run/secrets/jwt" }],
                "volumes": ["data:/data", "./x:/x"],
            },
            "side": { "network_mode": "service:db" },
            "extra": { "profiles": ["debug", "all"], "environment": ["DBPW"] },
            "aside": { "depends_on": { "side": { "condition": "service_started", "restart": true } } },
            "log": { "command": ["sh", "-c", "echo $$DBPW ${LABEL-x}"], "configs": [{ "source": "site" }] },
            "plain": { "env_file": "common.env", "depends_on": { "db": { "condition": "service_healthy" } } },
            "gone": { "env_file": [{ "path": "gone.env", "required": true }, { "path": "maybe.env", "required": false }] },
        },
    });
    let read =
        |path: &Path| (path == Path::new("common.env")).then(|| "A=x${INFILE}\nBARE\n# $C\n".to_owned());
    Model::read(&answer, &|path| path == Path::new("/p/.env"), &read).unwrap()
}

#[test]
fn a_service_uses_a_key_in_any_of_the_ways_that_compose_has() {
    let mut model = model();
    model.retain(&[]);
    for (key, expected) in [
        ("DBPW", &["api", "aside", "db", "side"][..]),
        ("URLPW", &["api", "aside", "db", "side"]),
        ("JWT", &["api", "aside", "db", "side"]),
        ("SHARE", &["api", "aside", "db", "side"]),
        ("LABEL", &["api", "log"]),
        ("IN_CONFIG", &["api", "log"]),
        ("INFILE", &["api", "plain"]),
        ("BARE", &["api", "plain"]),
        // of all keys of the sealed file, the one with the env file has each
        ("NOBODYS", &["api"]),
    ] {
        assert_eq!(model.consumers(&[key.to_owned()]), expected, "{key}");
    }
    assert_eq!(model.name, "shop");
    assert_eq!(model.services["gone"].foreign, [Path::new("gone.env")]);
}

#[test]
fn a_service_that_mounts_a_file_gets_the_new_one_when_it_is_made_anew() {
    let answer = json!({
        "name": "shop",
        "secrets": { "pw": { "file": "/p/secrets/pw" } },
        "services": {
            "secret": { "secrets": ["pw"] },
            "short": { "volumes": ["./secrets/pw:/pw:ro"] },
            "long": { "volumes": [{ "type": "bind", "source": "/p/secrets/pw", "target": "/pw" }] },
            "other": { "volumes": ["./secrets:/s", "data:/pw"] },
        },
    });
    let mut model = Model::read(&answer, &|_| false, &|_| None).unwrap();
    model.mounts(|path| Path::new("/p").join(path.strip_prefix("./").unwrap_or(path)));
    assert_eq!(model.users(&[], &["/p/secrets/pw".into()]), ["long", "secret", "short"]);
    assert!(model.consumers(&[]).is_empty());
}

#[test]
fn an_env_file_that_a_variable_names_may_have_any_key() {
    let services = json!({ "api": { "env_file": "/p/${ENV_FILE:-.env}" }, "web": {} });
    let answer = json!({ "name": "shop", "services": services });
    let model = Model::read(&answer, &|_| false, &|_| None).unwrap();
    assert_eq!(model.consumers(&["DBPW".to_owned()]), ["api"]);
    // whether it is there is not known, and neither is what is in it
    assert_eq!(model.services["api"].foreign, [""; 0].map(PathBuf::from));
    assert!(model.services["api"].exact(&["DBPW"]).is_empty());
}

#[test]
fn a_variable_of_a_dot_env_may_be_made_of_a_key() {
    let services =
        json!({ "api": { "environment": ["LINK"] }, "web": { "environment": ["PW"] }, "rest": {} });
    let answer = json!({ "name": "shop", "services": services });
    let mut model = Model::read(&answer, &|_| false, &|_| None).unwrap();
    model.interpolated("# text\nURL=pg://app:${PW}@db\nexport LINK = $URL?x\nOTHER=${PW}\n");
    assert_eq!(model.consumers(&["PW".to_owned()]), ["api", "web"]);
    assert_eq!(model.consumers(&["OTHER".to_owned()]), [""; 0]);
}

#[test]
fn what_compose_makes_of_a_variable_it_does_not_compare() {
    assert_eq!(model().unseen(), ["aside", "db", "log", "side"]);
}

#[test]
fn a_service_counts_where_one_of_its_profiles_is_in_force() {
    for (profiles, there) in [("", false), ("debug", true), ("other", false), ("*", true)] {
        let mut model = model();
        model.retain(&[profiles.to_owned()]);
        assert_eq!(model.consumers(&["DBPW".to_owned()]).contains(&"extra"), there, "{profiles}");
        assert!(model.services.contains_key("db"));
    }
}

#[test]
fn some_variables_must_hold_exactly_the_value_of_a_key() {
    let model = model();
    let keys = ["DBPW", "URLPW", "FIXED"];
    // FIXED is overridden in the project, URLPW arrives by the env file
    assert_eq!(
        model.services["api"].exact(&keys),
        [("RENAMED", "DBPW"), ("DBPW", "DBPW"), ("URLPW", "URLPW")]
    );
    assert_eq!(model.services["db"].exact(&keys), [("DBPW", "DBPW")]);
}
