//! The values of sealed files, found where they were written down: in a real repository, in forms that Python's own
//! library makes, and by what backups and rotations keep.

use crate::harness::{Output, Project, have};

const TOKEN: &str = "vT4nQ8xW2zKp6LmR9sJc3HdY";
const OLD: &str = "hG7kW3bN9pXe5TzV1rMq8CyU";
const NEXT: &str = "aJ6uE2yQ4fLw8ZsK0nBv7DiO";
const LAST: &str = "cP9oI5tR3mUx7YhN1gFk4WqA";
const PASSWORD: &str = "q7#Lm/Rz$2&Vk'9x";

/// A repository with a sealed file that git tracks.
fn repository(env: &str) -> Project {
    let project = Project::sealed(env);
    project.write(".gitignore", "age.key\n.reseal/\n");
    git(&project, &["init", "-q"]);
    git(&project, &["add", "-A"]);
    project
}

fn git(project: &Project, args: &[&str]) {
    Output::of(&mut project.around("git", args)).ok();
}

#[test]
fn values_are_found_whatever_version_holds_them() {
    if !have("scan::known::values_are_found_whatever_version_holds_them", &["git"]) {
        return;
    }
    let project = repository(&format!(
        "API_TOKEN={OLD}\nDATABASE_URL=postgres://app:kW8vB3nM6xQz@db/app\nDB_HOST=db.internal\n"
    ));
    project.pipe(&["set", "API_TOKEN"], TOKEN).ok();
    let seal = |value: &str, name: &str| {
        project.write("plain", format!("API_TOKEN={value}\n"));
        project.write(name, "");
        project.remove(name);
        project.run(&["encrypt", "plain", "-o", name]).ok();
        project.remove("plain");
    };
    seal(NEXT, ".reseal/rotations/20260102T030405Z-0000/pending.enc");
    seal(LAST, ".reseal/grace/20250102T030405Z-0000/previous.enc");

    let python =
        Output::of(&mut project.around("sh", &["-c", &format!("printf %s 'app:{TOKEN}' | base64 -w 0")]))
            .ok()
            .stdout;
    project.write("app.py", format!("import x\n\nAUTH = \"Basic {python}\"\n"));
    project.write("deploy.yaml", format!("a:\n  - name: T\n    value: {OLD}\n"));
    project.write("notes.md", format!("next: `{NEXT}`\nhost: db.internal\n"));
    project.write("old.ini", format!("[x]\ntoken={LAST}\n"));
    project.write("pool.js", "connect('mysql://root:kW8vB3nM6xQz@other')\n");
    project.write("clean.txt", "db.internal\nAPI_TOKEN=\n");
    let found = project
        .run(&["scan", "app.py", "deploy.yaml", "notes.md", "old.ini", "pool.js", "clean.txt", ".env.enc"])
        .code(3);
    for value in [TOKEN, OLD, NEXT, LAST, "kW8vB3nM6xQz", python.as_str()] {
        assert!(!found.stdout.contains(value) && !found.stderr.contains(value));
    }
    let day: String = found.stdout.split("backup of ").nth(1).unwrap().chars().take(10).collect();
    let lines: Vec<&str> = found.stdout.lines().filter(|line| line.contains("known-value")).collect();
    for line in [
        "app.py:3: known-value: API_TOKEN of .env.enc (base64): ",
        &format!("deploy.yaml:3: known-value: API_TOKEN of .env.enc, backup of {day}: "),
        "notes.md:1: known-value: API_TOKEN of .env.enc, pending: ",
        "old.ini:2: known-value: API_TOKEN of .env.enc, before a rotation: ",
        "pool.js:1: known-value: password in DATABASE_URL of .env.enc: ",
    ] {
        assert!(lines.iter().any(|l| l.starts_with(line)), "{line}\n{}", found.stdout);
    }
    assert_eq!(lines.len(), 5, "{}", found.stdout);
}

#[test]
fn what_is_looked_at_from_elsewhere_has_its_own_sealed_files() {
    let name = "scan::known::what_is_looked_at_from_elsewhere_has_its_own_sealed_files";
    if !have(name, &["git"]) {
        return;
    }
    for in_git in [true, false] {
        let project = match in_git {
            true => repository(&format!("API_TOKEN={TOKEN}\n")),
            false => Project::sealed(&format!("API_TOKEN={TOKEN}\n")),
        };
        // found by content: nothing else names it
        project.write("secrets/prod.txt", "");
        std::fs::rename(project.path(".env.enc"), project.path("secrets/prod.txt")).unwrap();
        if in_git {
            git(&project, &["add", "-A"]);
        }
        project.write("app.py", format!("import x\nTOKEN = \"{TOKEN}\"\n"));
        let key = project.path("age.key");
        let all = project.path("");
        let one = project.path("app.py");
        let (key, all, one) = (key.to_str().unwrap(), all.to_str().unwrap(), one.to_str().unwrap());
        let elsewhere = Project::empty();
        let line = "app.py:2: known-value: API_TOKEN of ";
        let told = elsewhere.run(&["--age-key-file", key, "scan", all]).code(3).stdout;
        assert!(told.contains(line), "{told}");
        if in_git {
            let told = elsewhere.run(&["--age-key-file", key, "scan", one]).code(3).stdout;
            assert!(told.contains(line), "{told}");
        }
    }
}

#[test]
fn who_cannot_open_the_file_is_told_so() {
    if !have("scan::known::who_cannot_open_the_file_is_told_so", &["git"]) {
        return;
    }
    let project = repository(&format!("API_TOKEN={TOKEN}\n"));
    project.write("notes.md", "nothing\n");
    project.run(&["scan", "notes.md"]).ok().hides("not looked for");
    project.remove("age.key");
    project
        .run(&["scan", "notes.md"])
        .ok()
        .says("known values of .env.enc are not looked for: no identity opens it");
    // a key that would have to be asked about, and a program that would ask
    project.write("age.key", "AGE-PLUGIN-NONE-1QQQQQQQQQQQQQQQ\n");
    project.run(&["scan", "notes.md"]).ok().says("known values of .env.enc are not looked for");
}

#[test]
fn a_damaged_file_is_a_note_and_others_count() {
    if !have("scan::known::a_damaged_file_is_a_note_and_others_count", &["git"]) {
        return;
    }
    let project = repository(&format!("API_TOKEN={TOKEN}\n"));
    let sealed = project.text(".env.enc");
    project.write("deep/other.yaml", "a: ENC[AES256_GCM,data:x]\nsops:\n    mac: [\n");
    project.write("deep/prod.enc", sealed.replace("API_TOKEN", "NEXT_TOKEN"));
    git(&project, &["add", "-A"]);
    project.write("notes.md", format!("{TOKEN}\n"));
    let found = project.run(&["scan", "notes.md"]).code(3);
    assert!(found.stdout.starts_with("notes.md:1: known-value: API_TOKEN of .env.enc: "), "{}", found.stdout);
    found.says("known values of deep/other.yaml are not looked for: ");
}

#[test]
fn what_lies_in_clear_is_no_secret() {
    if !have("scan::known::what_lies_in_clear_is_no_secret", &["git"]) {
        return;
    }
    let project = repository(&format!("API_TOKEN_unencrypted={TOKEN}\nPASSWORD={OLD}\n"));
    project.write("a.md", format!("{TOKEN}\n"));
    project.run(&["scan", "a.md"]).hides("known-value");
    project.write("b.md", format!("{OLD}\n"));
    assert!(
        project.run(&["scan", "b.md"]).code(3).stdout.contains("b.md:1: known-value: PASSWORD of .env.enc")
    );
}

/// The library of another language writes the forms.
const FORMS: &str = r##"
import base64, binascii, html, json, re, shlex, sys, textwrap, urllib.parse, xml.sax.saxutils as sax, os
value = sys.stdin.read()
raw = value.encode()
b = lambda data: base64.b64encode(data).decode()
long = b("some text before it, and then: {} and after it more text than fits a line".format(value).encode())
forms = {
    "plain": value, "b64": b(raw), "url64": base64.urlsafe_b64encode(raw).decode(),
    "mime": base64.encodebytes(("x" * 50 + value + "y" * 90).encode()).decode(),
    "wrapped": "\n".join(" " * 4 + line for line in textwrap.wrap(long, 60)),
    "joined": " +\n".join('"%s"' % line for line in textwrap.wrap(long, 50)),
    "continued": "\\\n".join(textwrap.wrap(long, 64)),
    "one": b(b"u" + raw), "two": b(b"u:" + raw), "three": b(b"me:" + raw + b"@"),
    "unpadded": b(raw).rstrip("="), "twice": b(b(raw).encode()), "dockerconfig": b(json.dumps({"auth": b(b"u:" + raw)}).encode()),
    "hex": binascii.hexlify(raw).decode(), "HEX": raw.hex().upper(),
    "quote": urllib.parse.quote(value), "quote_all": urllib.parse.quote(value, safe=""), "plus": urllib.parse.quote_plus(value),
    "form": urllib.parse.urlencode({"p": value}), "lower": re.sub("%..", lambda m: m.group().lower(), urllib.parse.quote(value, safe="")),
    "every": "".join("%%%02X" % c for c in raw),
    "json": json.dumps({"k": value}), "ascii": json.dumps(value, ensure_ascii=True), "unicode": json.dumps(value, ensure_ascii=False),
    "slashed": json.dumps(value).replace("/", "\\/"), "nested": json.dumps(json.dumps({"k": value})),
    "html_json": json.dumps(value).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("'", "\\u0027"),
    "html": html.escape(value), "sax": sax.escape(value), "attribute": sax.quoteattr(value),
    "decimal": "".join("&#%d;" % ord(c) for c in value),
    "shell": shlex.quote(value), "printf": re.sub(r"([^\w@%+=:,./-])", r"\\\1", value, flags=re.A), "regex": re.escape(value),
    "yaml": "k: '%s'" % value.replace("'", "''"), "compose": value.replace("$", "$$"),
    "repr": repr(value), "bytes": repr(raw), "url": "amqp://u:%s@h/" % urllib.parse.quote(value, safe=""),
    "powershell": b(value.encode("utf-16-le")),
}
for name, text in forms.items():
    open("forms/%s.txt" % name, "w", encoding="utf-8").write("one\ntwo " + text + "\n")
open("forms/wide.txt", "wb").write(("\ufeffone\ntwo " + value + "\n").encode("utf-16-le"))
open("forms/wide_be.txt", "wb").write(("one\ntwo " + value + " and text\n").encode("utf-16-be"))
print(len(os.listdir("forms")))
"##;

#[test]
fn what_another_language_writes_is_found() {
    if !have("scan::known::what_another_language_writes_is_found", &["git", "python3"]) {
        return;
    }
    let values = [TOKEN, PASSWORD, "Otter-Qu4rry87!", "x9<K\"w>2\\&v%41 z$1"];
    for (number, value) in values.into_iter().enumerate() {
        let project = repository("A=b\n");
        project.pipe(&["set", "API_PASSWORD"], value).ok();
        std::fs::create_dir(project.path("forms")).unwrap();
        let mut python = project.around("python3", &["-c", FORMS]);
        python.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = python.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), value.as_bytes()).unwrap();
        let written = Output::from(child.wait_with_output().unwrap()).ok().stdout;
        let found = project.run(&["scan", "forms"]).code(3).stdout;
        let missing: Vec<String> = std::fs::read_dir(project.path("forms"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !found.contains(&format!("forms/{name}:2: known-value: API_PASSWORD of .env.enc")))
            .collect();
        assert!(missing.is_empty(), "value {number}, {} forms: {missing:?}", written.trim());
        assert_eq!(written.trim(), "42");
    }
}
