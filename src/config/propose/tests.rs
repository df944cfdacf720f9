//! What is proposed for what.

use super::*;
use crate::secret::SecretName;

fn told(values: &[(&str, &str)], folder: &Folder<'_>, agreed: &[&str]) -> Proposal {
    let values: Vec<(&[u8], SecretValue)> =
        values.iter().map(|(n, v)| (n.as_bytes(), SecretValue::new(v.as_bytes().to_vec()))).collect();
    let entries: Vec<(&[u8], &SecretValue)> = values.iter().map(|(n, v)| (*n, v)).collect();
    let agreed: Vec<String> = agreed.iter().map(|name| (*name).to_owned()).collect();
    propose(folder, &entries, &agreed)
}

fn folder(compose: &str) -> Folder<'static> {
    let compose = vec![("compose.yaml".to_owned(), compose.to_owned())];
    Folder { sealed: ".env.enc", plain: ".env", compose, ..Folder::default() }
}

fn proposed(values: &[(&str, &str)]) -> String {
    told(values, &folder("services: {}"), &[]).policy
}

fn names(config: &Config) -> Vec<&str> {
    config.secrets.keys().map(SecretName::as_str).collect()
}

#[test]
fn parts_of_values_do_not_get_into_a_proposal() {
    for part in ["q8Zk3mTOKENVb0xYt7LrW2nPd", "x/TOKEN+y", "TOKEN x", "9TOKEN", "größe_TOKEN"] {
        let told = told(&[(part, "abcdef")], &folder("services: {}"), &[]);
        assert!(!told.policy.contains("TOKEN"), "{part}");
        assert!(!told.understood.iter().chain(&told.unclear).any(|line| line.contains("TOKEN")), "{part}");
    }
}

#[test]
fn names_that_make_no_policy_leave_one_without_them() {
    // the URL would be fed and be a secret of its own
    let url = ("TOKEN_SECRET", "redis://:hunter2@redis/0");
    let config = Config::parse(&proposed(&[("REDIS_PASSWORD", "hunter2"), url])).unwrap();
    assert_eq!(names(&config), ["REDIS_PASSWORD"]);
    // one of two with the same value feeds
    let url = ("REDIS_URL", "redis://:hunter2@redis/0");
    let text = proposed(&[("A_PASSWORD", "hunter2"), ("B_PASSWORD", "hunter2"), url]);
    let feeds = Config::parse(&text).unwrap().secrets.into_values().map(|p| p.feeds.len());
    assert_eq!(feeds.collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn a_password_that_some_server_keeps_is_not_made_anew_unasked() {
    for name in ["RABBITMQ_PASSWORD", "LDAP_BIND_PASSWORD", "PGPASSWORD", "RESTIC_PASSWORD", "TLS_KEY"] {
        let text = proposed(&[(name, "hunter2"), ("SESSION_SECRET", "x")]);
        assert_eq!(names(&Config::parse(&text).unwrap()), ["SESSION_SECRET"], "{name}");
        assert!(text.contains(&format!("\"{name}\"")), "{text}");
    }
}

#[test]
fn a_proposal_is_a_policy() {
    let values = [
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("JWT_SECRET_PREVIOUS", "x"),
        ("REDIS_PASSWORD", "hunter2hunter2"),
        ("REDIS_URL", "redis://:hunter2hunter2@redis/0"),
        ("APP_DB_PASSWORD", "hunter3hunter3"),
        ("DATABASE_URL", "postgres://app:hunter3hunter3@db/app"),
        ("POSTGRES_PASSWORD", "hunter4hunter4"),
        ("STRIPE_SECRET_KEY", "sk_live_x"),
        ("FIELD_ENCRYPTION_KEY", "hunter5hunter5"),
        ("DB_HOST", "db"),
        ("VNC_PASSWORD", "12345678"),
    ];
    let all = told(&values, &folder("services: {}"), &[]);
    let (text, config) = (&all.policy, Config::parse(&all.policy).unwrap());
    assert_eq!(names(&config), ["JWT_SECRET", "REDIS_PASSWORD", "VNC_PASSWORD"]);
    assert_eq!(config.secrets.values().nth(1).unwrap().feeds.len(), 1);
    let target = "# target = { postgres = { at = \"compose:db\", user = \"app\" } }";
    assert!(text.contains("# [secret.APP_DB_PASSWORD]") && text.contains(target), "{text}");
    assert!(text.contains("# target = { redis = { at = \"compose:redis\", user = \"default\" } }"), "{text}");
    assert!(text.contains("# matches = '^sk_live_[0-9A-Za-z]+$'"), "{text}");
    // whoever takes the marks away has a policy
    let taken = |line: &&str| line.contains(" = ") || line.starts_with('[');
    let bare: Vec<&str> = text.lines().map(|l| l.strip_prefix("# ").filter(taken).unwrap_or(l)).collect();
    let config = Config::parse(&bare.join("\n")).unwrap_or_else(|e| panic!("{e}\n{}", bare.join("\n")));
    assert_eq!(config.secrets.values().filter(|p| p.target.is_some()).count(), 3);
    assert!(!text.contains("hunter") && text.contains("POSTGRES_PASSWORD"));
    // who is asked and agrees has a target
    let asked: Vec<&str> = all.doubts.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(asked, ["APP_DB_PASSWORD"]);
    let agreed = told(&values, &folder("services: {}"), &asked);
    assert!(names(&Config::parse(&agreed.policy).unwrap()).contains(&"APP_DB_PASSWORD"));
    assert!(agreed.doubts.is_empty());
}

const COMPOSE: &str = "\
services:
  api:
    image: shop/api
    env_file: .env
    healthcheck: {test: [CMD, 'true']}
  db:
    image: postgis/postgis:16-3.4
    environment: {POSTGRES_USER: shop, POSTGRES_DB: orders, POSTGRES_PASSWORD: '${DB_PASSWORD}'}
  cache:
    image: redis:7
    command: redis-server --requirepass ${CACHE_PASSWORD}
  board:
    image: grafana/grafana
    ports: ['127.0.0.1:3001:3000']
    environment: [GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/board_password]
    secrets: [board_password]
secrets:
  board_password: {file: ./secrets/board_password.txt}
";

#[test]
fn a_target_that_the_compose_file_proves_is_live() {
    let values = [
        ("DB_PASSWORD", "hunter2hunter2"),
        ("DATABASE_URL", "postgres://shop:hunter2hunter2@db:5432/orders"),
        ("DIRECT_URL", "postgres://shop:hunter2hunter2@db:5432/orders"),
        ("OTHER_URL", "postgres://else:hunter2hunter2@db:5432/orders"),
        ("CACHE_PASSWORD", "hunter3hunter3"),
        ("BOARD_PASSWORD", "hunter4hunter4"),
    ];
    let text = told(&values, &folder(COMPOSE), &[]).policy;
    for line in [
        "env-files = [\".env\"]",
        "compose = [\"api\"]",
        "target = { postgres = { at = \"compose:db\", user = \"shop\", database = \"orders\" } }",
        "feeds = [{ key = \"DATABASE_URL\", part = \"password\" }, { key = \"DIRECT_URL\", part = \"password\" }]",
        "target = { redis = { at = \"compose:cache\", volatile = true } }",
        "target = { grafana = { at = \"http://127.0.0.1:3001\", user = \"admin\" } }",
        "files = [{ path = \"secrets/board_password.txt\" }]",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    assert_eq!(names(&Config::parse(&text).unwrap()), ["BOARD_PASSWORD", "CACHE_PASSWORD", "DB_PASSWORD"]);
}

#[test]
fn one_value_in_two_keys_is_no_target_yet() {
    let values = [("DB_PASSWORD", "hunter2hunter2"), ("APP_DB_PASSWORD", "hunter2hunter2")];
    let text = told(&values, &folder(COMPOSE), &[]).policy;
    assert!(text.contains("# \"DB_PASSWORD\" and \"APP_DB_PASSWORD\" hold one value"), "{text}");
    assert!(!names(&Config::parse(&text).unwrap()).contains(&"DB_PASSWORD"));
}

#[test]
fn hostile_texts_make_no_broken_policy() {
    let compose = "services: {'a\"]\\nfile = \"x': {image: postgres, environment: {POSTGRES_PASSWORD: '${P_PASSWORD}', POSTGRES_USER: \"a\\\" } }\\n[x]\"}}, b: {image: postgres, environment: {POSTGRES_PASSWORD: '${Q_PASSWORD}', POSTGRES_USER: q8Zk3mVb0xYt7LrW2nPd5}}}";
    let text = told(&[("P_PASSWORD", "x"), ("Q_PASSWORD", "y")], &folder(compose), &[]).policy;
    assert!(Config::parse(&text).is_ok() && !text.contains("[x]") && !text.contains("q8Zk3"), "{text}");
    let unread = told(&[], &folder("services: ["), &[]);
    assert!(unread.unclear[0].starts_with("compose.yaml cannot be read"));
}

/// The texts of the projects below `tests/init`.
const TEXTS: [&str; 6] = [
    include_str!("../../../tests/init/sops-sed-and-wrapper/compose.yaml"),
    include_str!("../../../tests/init/redis-rewrite-and-key-pairs/compose.yml"),
    include_str!("../../../tests/init/sops-sed-and-wrapper/ROTATION.md"),
    include_str!("../../../tests/init/restart-and-reencrypt/rotate.sh"),
    include_str!("../../../tests/init/redis-rewrite-and-key-pairs/rotate-secrets.sh"),
    include_str!("../../../tests/init/policy-and-checklists/policy.md"),
];

const NAMES: [&str; 16] = [
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "OLD_JWT_SECRET",
    "POSTGRES_PASSWORD",
    "POSTGRES_USER",
    "DATABASE_URL",
    "DIRECT_URL",
    "REDIS_PASSWORD",
    "REDIS_URL",
    "GRAFANA_ADMIN_PASSWORD",
    "DATA_ENCRYPTION_KEY",
    "JWT_PRIVATE_KEY",
    "JWT_PUBLIC_KEY",
    "STRIPE_SECRET_KEY",
    "TOKEN_URL",
    "VNC_PASSWORD",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]

    /// Whatever is there, cut and with values strewn into it: a policy comes out, and no value.
    #[test]
    fn a_policy_comes_out_and_no_value(
        entries in proptest::collection::vec((0..NAMES.len(), 0..4usize, 0..6u8), 0..12),
        value in "[a-z]{8}[A-Z]{8}[0-9]{8}",
        strewn in proptest::collection::vec((0..TEXTS.len(), 0.0..1.0f64), 0..6),
        cut in proptest::collection::vec((0..TEXTS.len(), 0.0..1.0f64), 0..3),
    ) {
        let values: [String; 4] = std::array::from_fn(|i| format!("{value}{i}"));
        let values: Vec<(&str, String)> = entries.iter().map(|(name, which, form)| (NAMES[*name], match form {
            0 => format!("postgres://appuser:{}@db:5432/appdb", values[*which]),
            1 => format!("redis://:{}@cache", values[*which]),
            2 => format!("-----BEGIN PRIVATE KEY-----{}", values[*which]),
            3 => format!("sk_live_{}", values[*which]),
            4 => String::new(),
            _ => values[*which].clone(),
        })).collect();
        let mut texts = TEXTS.map(str::to_owned);
        let at = |text: &str, part: f64| {
            let wanted = (text.len() as f64 * part) as usize;
            (0..=wanted).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        for (which, part) in strewn {
            let place = at(&texts[which], part);
            texts[which].insert_str(place, &format!("{value}7"));
        }
        for (which, part) in cut {
            let place = at(&texts[which], part);
            texts[which].truncate(place);
        }
        let [one, two, scripts @ ..] = texts;
        let names = ["ROTATION.md", "rotate.sh", "rotate-secrets.sh", "policy.md"];
        let folder = Folder {
            sealed: ".env.enc",
            plain: ".env",
            wrapper: None,
            compose: vec![("compose.yaml".into(), one), ("compose.override.yaml".into(), two)],
            scripts: names.into_iter().map(str::to_owned).zip(scripts).collect(),
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let first = told(&values, &folder, &[]);
        let all: Vec<&str> = first.doubts.iter().map(|(key, _)| key.as_str()).collect();
        for proposal in [&first, &told(&values, &folder, &all)] {
            proptest::prop_assert!(Config::parse(&proposal.policy).is_ok(), "{}", proposal.policy);
            let doubts = proposal.doubts.iter().map(|(_, question)| question);
            let lines = proposal.understood.iter().chain(&proposal.unclear).chain(&proposal.faults).chain(doubts);
            for text in lines.chain([&proposal.policy]) {
                proptest::prop_assert!(!text.contains(&value), "{text}");
            }
        }
    }
}
