//! Files whole: what is a finding and what is not, by name and content.

use super::*;
use crate::scan::kind::Name;

/// Values of true form, made here so that nobody takes them for real ones.
fn random(seed: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[(state >> 33) as usize % LETTERS.len()])
    };
    (0..length).map(|_| next()).collect()
}

fn found(path: &str, content: impl AsRef<[u8]>, rules: &Rules) -> Vec<(&'static str, usize, String)> {
    let name = Name::of(path.as_bytes());
    let text = Text::of(&name, content.as_ref());
    let mut hits = Vec::new();
    look(&text, rules, &mut hits);
    let line = |hit: &Hit| if hit.at.is_empty() { 0 } else { text.number(hit.at.start) };
    hits.iter()
        .map(|hit| (hit.rule, line(hit), String::from_utf8_lossy(&text.bytes[hit.at.clone()]).into_owned()))
        .collect()
}

fn rules_of(path: &str, content: impl AsRef<[u8]>) -> Vec<&'static str> {
    let mut rules: Vec<_> =
        found(path, content, &Rules::default()).into_iter().map(|(rule, ..)| rule).collect();
    rules.dedup();
    rules
}

#[test]
fn an_env_file_with_a_secret_is_found_whole_and_by_line() {
    let secret = random(1, 24);
    let text = format!("# settings\nPORT=3000\nDB_PASSWORD=\"{secret}\"\n");
    let all = found(".env", &text, &Rules::default());
    assert_eq!(all, [("plaintext-env", 0, String::new()), ("plaintext-env", 3, secret)]);
}

#[test]
fn forms_of_env_files() {
    let secret = random(2, 24);
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let text = format!("export API_SECRET='{secret}'\r\n");
    for content in [
        text.clone().into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        format!("API_SECRET = {secret}").into_bytes(),
        format!("API_SECRET: {secret} # ours").into_bytes(),
        format!("X=1\n#API_SECRET={secret}\n").into_bytes(),
        format!("CERT=\"line\nline\"\nAPI_SECRET={secret}\n").into_bytes(),
        format!("DATABASE_URL=postgres://app:{secret}@db.internal/app").into_bytes(),
    ] {
        assert_eq!(
            rules_of("a/.env.production", &content),
            ["plaintext-env"],
            "{}",
            String::from_utf8_lossy(&content)
        );
    }
    // what is UTF-16 is decoded before it comes here
    let guard =
        crate::scan::Guard::new(crate::scan::Words::new(), Rules::default(), crate::scan::Known::default());
    let mut found = Vec::new();
    let name = Name::of(b".env.bak");
    crate::scan::Scanner::new(&guard).scan(&name, &mut wide(&text).as_slice(), &mut found).unwrap();
    assert!(found.iter().any(|f| f.rule == "plaintext-leftover" && f.line == 0));
}

#[test]
fn settings_references_and_placeholders_pass() {
    for content in [
        "",
        "\n# nothing\n",
        "PORT=3000\nNODE_ENV=development\nHOST=localhost\nLOG_LEVEL=info\n",
        "DB_PASSWORD=\nAPI_KEY=\n",
        "DB_PASSWORD=${DB_PASSWORD}\nAPI_KEY=$(cat /run/secrets/key)\n",
        "DB_PASSWORD=changeme\nAPI_KEY=your-api-key-here\nTOKEN=<token>\nSECRET_KEY=xxxxxxxx\n",
        "API_KEY=op://vault/item/field\n",
        "DB_PASSWORD_FILE=/run/secrets/db\n",
        "DB_PASSWORD=ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n",
        "BASE_URL=https://example.com/api\nDATABASE_HOST=db.internal\n",
    ] {
        for name in [".env", ".env.bak", ".env.example", "prod.enc.env"] {
            assert_eq!(rules_of(name, content), [""; 0], "{name}: {content}");
        }
    }
    let public = format!("VITE_API_KEY={}\nNEXT_PUBLIC_KEY={}\n", random(3, 32), random(4, 32));
    assert_eq!(rules_of(".env", &public), [""; 0]);
    let sealed = format!(
        "DOTENV_PUBLIC_KEY=\"03{}\"\nDB_PASSWORD=\"encrypted:{}\"\n",
        "ab12".repeat(16),
        random(5, 80)
    );
    assert_eq!(rules_of(".env", &sealed), [""; 0]);
}

#[test]
fn a_template_is_told_by_the_line_and_only_for_what_is_real() {
    let secret = random(6, 32);
    let text = format!("PORT=3000\nDB_PASSWORD=password\nAPP_SECRET=secret\nAPI_SECRET={secret}\n");
    assert_eq!(found(".env.example", &text, &Rules::default()), [("secret-in-template", 4, secret)]);
}

#[test]
fn copies_are_told_by_their_names_whatever_made_them() {
    let text = format!("DB_PASSWORD={}\n", random(7, 20));
    for name in [".env.bak", ".env~", "#.env#", ".env.backup.20250101", "env.decrypted"] {
        assert_eq!(rules_of(name, &text), ["plaintext-leftover"], "{name}");
    }
    let yaml = format!("database:\n  password: {}\n", random(8, 20));
    for name in ["secrets.dec.yaml", "secrets.yaml.bak", "secrets.yaml.dec"] {
        assert_eq!(rules_of(name, &yaml), ["plaintext-leftover"], "{name}");
    }
    let json = format!("{{\"database\":{{\"password\":\"{}\"}}}}", random(9, 20));
    assert_eq!(rules_of("secrets.decrypted.json", &json), ["plaintext-leftover"]);
}

#[test]
fn swap_files_of_vim_are_read() {
    let mut swap = b"b0VIM 9.0\0\0\0\0".to_vec();
    swap.resize(4096, 0);
    swap.extend_from_slice(format!("ad\0\0\x1eDB_PASSWORD={}\0PORT=1\0", random(10, 20)).as_bytes());
    let name = Name::of(b".env.swp");
    let mut found = Vec::new();
    let guard =
        crate::scan::Guard::new(crate::scan::Words::new(), Rules::default(), crate::scan::Known::default());
    crate::scan::Scanner::new(&guard).scan(&name, &mut swap.as_slice(), &mut found).unwrap();
    assert!(found.iter().any(|f| f.rule == "plaintext-leftover"));
}

#[test]
fn an_environment_is_known_by_its_content() {
    let text = format!("HOME=/root\nPATH=/bin\nLANG=C\nDB_PASSWORD={}\n", random(11, 24));
    for name in ["backup.txt", "vars", "env.prod.20250101", ".envrc"] {
        assert!(rules_of(name, &text).iter().any(|rule| rule.starts_with("plaintext-")), "{name}");
    }
    for text in [
        "HOME=/root\nPATH=/bin\nLANG=C\nPASSWORD=secret\n".to_owned(),
        format!("A long text about things.\nAnother line.\nMore.\nNo.\nDB_PASSWORD={}\n", random(12, 24)),
        format!("a: 1\nb: 2\nc: 3\npassword: {}\n", random(12, 24)),
    ] {
        assert_eq!(rules_of("notes.txt", &text), [""; 0], "{text}");
    }
}

#[test]
fn what_only_says_that_it_is_sealed() {
    let secret = random(13, 24);
    let yaml = format!("db:\n  password: {secret}\n");
    assert_eq!(rules_of("secrets.enc.yaml", &yaml), ["not-sealed"]);
    assert_eq!(rules_of("secrets.sops.json", format!("{{\"password\": \"{secret}\"}}")), ["not-sealed"]);
    assert_eq!(rules_of(".env.enc", format!("DB_PASSWORD={secret}\n")), ["not-sealed"]);
    assert_eq!(rules_of("app.enc.ini", format!("[db]\npassword = {secret}\n")), ["not-sealed"]);
    for (name, content) in [
        ("secrets.tar.enc", format!("Salted__{secret}")),
        ("secrets.enc", format!("U2FsdGVkX1{secret}{secret}\n")),
        (".env.gpg", format!("-----BEGIN PGP MESSAGE-----\n\n{secret}\n=abcd\n-----END PGP MESSAGE-----\n")),
        ("vault.enc.yml", format!("$ANSIBLE_VAULT;1.1;AES256\n{}\n", "6162".repeat(20))),
        (
            "db-sealed.yaml",
            format!("kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB{secret}{secret}\n"),
        ),
        ("a.enc.json", format!("{{\"protected\":\"{secret}\",\"ciphertext\":\"{secret}{secret}\"}}")),
        ("en.enc", "# Encoding file: x\nS\n003F 0 1\n00\n".to_owned()),
        (
            "vars.enc.yml",
            format!("password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  {}\n", "6162".repeat(20)),
        ),
        ("common.eyaml.enc.yaml", format!("password: ENC[PKCS7,{secret}{secret}]\n")),
    ] {
        assert_eq!(rules_of(name, content), [""; 0], "{name}");
    }
}

#[test]
fn creation_rules_say_what_must_be_sealed() {
    let mut rules = Rules::default();
    let text = "creation_rules:\n- path_regex: ^secrets/.*\\.(yaml|env)$\n  age: age1x\n- path_regex: \\.yaml$\n  encrypted_regex: ^(data|stringData)$\n  age: age1x\n- path_regex: .*\n  age: age1x\n- age: age1x\n";
    assert!(rules.add(0, b"", b"", text));
    assert!(rules.add(0, b"sub", b"", "creation_rules: [{path_regex: 'x\\.json$', age: age1x}]"));
    assert!(!rules.add(0, b"bad", b"", "creation_rules: ["));
    let says = |path: &str, content: &str| {
        let all = found(path, content, &rules);
        all.iter().any(|(rule, line, _)| *rule == "must-be-sealed" && *line == 0)
    };
    assert!(says("secrets/app.yaml", "region: berlin-7\nuser: zoe.martens\n"));
    assert!(!says("secrets/app.yaml", "host: ${HOST}\nuser: ''\nn: null\n"));
    assert!(!says("secrets/kustomization.yaml", "resources:\n- a.yaml\n"));
    assert!(!says("secrets/README.md", "text"));
    // all files of an ending: only what is a secret
    assert!(!says("deploy.yaml", "kind: Deployment\nmetadata:\n  name: web\n"));
    assert!(!says("cm.yaml", "kind: ConfigMap\ndata:\n  host: harbour-7.zoe.martens\n"));
    assert!(says("s.yaml", "kind: Secret\nstringData:\n  user: zoe.martens\n"));
    assert!(!says("s.yaml", "kind: Secret\nmetadata:\n  name: application\n"));
    // what fits all says nothing
    assert!(!says("a.json", "{\"user\": \"zoe.martens\"}"));
    // the nearest file counts
    assert!(says("sub/x.json", "{\"user\": \"zoe.martens\"}"));
    assert!(!says("sub/secrets/app.yaml", "user: zoe.martens\n"));
    assert!(!says("/secrets/app.yaml", "user: zoe.martens\n"));
}

#[test]
fn rules_above_the_top_and_of_other_versions_count() {
    let mut rules = Rules::default();
    assert!(rules.add(0, b"", b"deep/", "creation_rules: [{path_regex: '^deep/a/x', age: age1x}]"));
    assert!(rules.add(2, b"", b"", "creation_rules: [{path_regex: '^b/x', age: age1x}]"));
    for path in ["a/x.json", "b/x.json"] {
        let all = found(path, "{\"user\": \"zoe.martens\"}", &rules);
        assert_eq!(all.len(), 1, "{path}");
    }
    assert!(found("c/x.json", "{\"user\": \"zoe.martens\"}", &rules).is_empty());
}
