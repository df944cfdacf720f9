//! Tables of names.

use super::*;

fn all(kind: Kind, names: &str) {
    let wrong: Vec<String> = names
        .lines()
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| (name, Name::of(name.as_bytes()).kind))
        .filter(|(_, found)| *found != kind)
        .map(|(name, found)| format!("{name:?} is {found:?}"))
        .collect();
    assert!(wrong.is_empty(), "{kind:?}: {wrong:#?}");
}

#[test]
fn env_files() {
    all(
        Kind::Env,
        ".env
        .ENV
        app/.env
        .env.local
        .env.production
        .env.production.local
        .env.development
        .env.test
        .env.ci
        .env-prod
        .env_staging
        .env.prod.eu
        .env.keys
        .flaskenv
        .dotenv
        dotenv
        env
        env.prod
        env.local
        prod.env
        docker.env
        secrets.env
        my-app.prod.env
        prod.env.local
        vendor/.env
        deploy/.envs/.production/.postgres
        .env.sh
        .env.json
        .env.yaml
        01-base.env",
    );
}

#[test]
fn copies() {
    all(
        Kind::Leftover,
        ".env.bak
        .env.backup
        .env.backup.20250101
        .env.backup.20250101_120000
        .env.2025-01-01
        .env.20250101
        .env.orig
        .env.old
        .env.old2
        .env.save
        .env.save.1
        .env.saved
        .env.swp
        .env.swo
        ..env.swp
        .prod.env.swp
        .env.tmp
        .env.temp
        .env.copy
        .env copy
        .env copy 2
        .env (1)
        .env(1)
        .env - Copy
        Copy of .env
        .env~
        .env.~1~
        #.env#
        .#.env
        .env-old
        .env_backup
        .env_BACKUP_1234
        .env.1
        .env.bak2
        .env-e
        .env.production.bak
        .env.production~
        .env.un~
        prod.env.bak
        prod.env~
        prod.env.20250101
        old.env
        backup.env
        env.bak
        env-backup.txt
        env_old
        env.backup.2024-12-31T10:00:00
        %home%me%app%.env
        .env.dec
        .env.decrypted
        env.decrypted
        prod.decrypted.env
        .env.plain
        .env.enc.bak
        .envrc.bak
        secrets.dec.yaml
        secrets.yaml.dec
        secrets.decrypted.json
        values-decrypted.yaml
        decrypted.json
        config.plain.yaml
        config.cleartext.ini
        app.unencrypted.yaml
        secrets.yaml.bak
        secrets.yaml~
        secrets.yaml.20250101
        secrets.enc.yaml.orig
        secrets.sops.yaml~
        secrets_backup.yaml
        credentials.json.old
        #secrets.yaml#",
    );
}

#[test]
fn templates() {
    all(
        Kind::Template,
        ".env.example
        .env.sample
        .env.template
        .env.dist
        .env.tmpl
        .env.schema
        .env.defaults
        .env.local.example
        .env.example.local
        .env-example
        example.env
        sample.env
        env.example
        env.sample.txt
        env-template
        env.j2
        .env.j2
        .env.erb
        prod.env.example
        .env.example~
        .flaskenv.example
        .env.production.sample",
    );
}

#[test]
fn sealed_names() {
    all(
        Kind::Sealed,
        ".env.enc
        .env.prod.enc
        prod.enc.env
        .env.sops
        .env.age
        .env.encrypted
        .env.gpg
        .env.vault
        .enc.env
        secrets.enc.yaml
        secrets.sops.yaml
        secrets.sops.json
        config.enc.ini
        secrets.yaml.enc
        secrets.yaml.age
        secrets.age.yaml
        backup.tar.gz.age
        tls.key.sealed
        secrets.encrypted.yml
        secrets-encrypted.yaml
        secrets_enc.json
        db.enc
        .env.enc.reseal-tmp",
    );
}

#[test]
fn all_other_files() {
    all(
        Kind::Config,
        ".envrc
        config/app.yaml
        .sops.yaml
        sops/.sops.yml
        compose.yml
        Dockerfile
        Dockerfile.prod
        deploy.sh
        settings.ini
        config.yaml.bak
        nginx.conf.j2
        secrets.yaml
        .npmrc
        terraform.tfvars
        pom.xml",
    );
    all(
        Kind::Source,
        "env.js
        env.py
        src/env.rs
        config.env.js
        prod.env.ts
        environment.ts
        app.environment.ts
        vite-env.d.ts
        env-cmd.js
        x.enc.js
        decrypted.py
        lib/dec.c
        secrets.py.bak
        password_enc.py
        main.tf
        nb.ipynb",
    );
    all(
        Kind::Doc,
        "README
        README.md
        docs/.env.md
        LICENSE-MIT.md
        CHANGELOG.txt",
    );
    all(
        Kind::Made,
        "package-lock.json
        Cargo.lock
        yarn.lock
        go.sum
        node_modules/x/index.js
        a/vendor/b/c.go
        app.min.js
        app.js.map
        api/v1/x.pb.go
        x_pb2.py
        logo.svg
        __snapshots__/x.snap",
    );
    all(
        Kind::Other,
        "environment
        .environment
        backup.txt
        vars
        data.csv
        .envoy",
    );
}

#[test]
fn what_belongs_to_tests() {
    for name in [
        "tests/a.rs",
        "a/spec/b.rb",
        "src/__tests__/x.ts",
        "x_test.go",
        "test_x.py",
        "x.test.ts",
        "x.spec.js",
        "FooTest.java",
        "FooTests.cs",
        "testdata/x",
        "examples/a.py",
        ".env.test",
        "test.env",
        "conftest.py",
        "fixtures/.env",
        "src/tests.rs",
    ] {
        assert!(Name::of(name.as_bytes()).test, "{name}");
    }
    for name in ["src/a.rs", "latest.go", "contest.py", "attestation.ts", ".env", "inspect/x.py", "protest/a"]
    {
        assert!(!Name::of(name.as_bytes()).test, "{name}");
    }
}

#[test]
fn paths_come_apart() {
    let name = Name::of(b"a/b/C.Env");
    assert_eq!((name.base().as_str(), name.folder()), ("c.env", &b"a/b"[..]));
    assert_eq!(Name::of(b"x").folder(), b"");
    // any bytes are a path
    for path in
        [&b"\xff\xfe/.env.\xff"[..], b"", b"/", b"a/", b".", b"..", b"#", b"~", b"%", b"!!", b"...env"]
    {
        let _ = Name::of(path);
    }
}
