//! What goes wrong in scripts that rotate secrets with sed, openssl and compose. Each fault was seen to happen; the
//! words say what happens, and no line of the script is repeated, because it may hold a value.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::compose::Keys;
use super::shell::{self, Line, Made, Pattern, captures, matches};

const TORN: &str =
    "the value comes on two lines: sed stops at the break, and the file that its output goes to ends empty";
const SLASH: &str = "a base64 value in the replacement: a \"/\" in it ends the expression, and sed fails";
const AMPERSAND: &str =
    "sed takes \"&\", \"\\\" and its delimiter in a value for itself: such a value comes out as another";
const BACKUP: &str = "leaves the old values in plain in a copy beside the file";
const RESTART: &str =
    "restart does not read env files anew: the containers keep the old values until `up -d`";
const SUFFIX: &str = "sops tells the format by the end of the name and takes this one for JSON: it fails without `--input-type dotenv`";
const EMPTIED: &str =
    "the redirection empties the sealed file before sops has made the new one: if it fails, nothing is left";
const ADDED: &str = "this adds a password: the old one is accepted still, until `resetpass` or `<OLD`";
const REWRITE: &str = "without a config file or an ACL file this fails, as in the stock image: the change is lost at the next restart";
const LOGGED: &str =
    "the password stands in the statement: the server's log shows it with log_statement, and on any error";
const ARGUMENT: &str = "the value stands in an argument: whoever may list processes on this machine sees it";
const INSIDE: &str =
    "a login inside the database's container proves nothing: its image lets any password in from there";
const SESSIONS: &str =
    "sessions that are open go on with the old value: only a fresh login tests it, only a kill ends them";
const OWNER: &str = "compose hands a secret file over with the owner and mode that it has here: a container of another user cannot read it";

/// The faults of all lines, with their numbers.
pub(super) fn of(lines: &[Line], keys: &Keys<'_>, made: &BTreeMap<String, Made>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: Vec<&Line> = lines.iter().filter(|line| line.code).collect();
    for (i, line) in code.iter().enumerate() {
        let text = line.text.as_str();
        let mut add = |fault: &str| found.push((line.number, fault.to_owned()));
        if Made::on(text).is_some_and(|made| made.torn) {
            add(TORN);
        }
        for fault in sed(text, keys, made) {
            add(&fault);
        }
        for fault in plaintext(text, &code[..i], &code[i + 1..]) {
            add(&fault);
        }
        sops(text).into_iter().chain(services(text)).for_each(add);
    }
    let told = code.iter().find(|line| tells(&line.text));
    let killed = code.iter().any(|line| {
        let lower = line.text.to_lowercase();
        lower.contains("pg_terminate_backend") || lower.contains("client kill")
    });
    if let Some(line) = told.filter(|_| !killed) {
        found.push((line.number, SESSIONS.to_owned()));
    }
    found
}

fn sed(text: &str, keys: &Keys<'_>, made: &BTreeMap<String, Made>) -> Vec<String> {
    let mut found = Vec::new();
    for s in shell::substitutions(text) {
        let variables = shell::variables(s.replacement);
        let known = Made::on(text)
            .filter(|_| s.replacement.contains("$("))
            .or_else(|| variables.iter().find_map(|v| made.get(*v).copied()));
        match known {
            Some(known) if known.base64 && s.delimiter == '/' => found.push(SLASH.to_owned()),
            None if !variables.is_empty() => found.push(AMPERSAND.to_owned()),
            _ => {}
        }
        if let Some(key) = s.key.filter(|_| !s.anchored) {
            let others: Vec<String> = keys
                .names
                .iter()
                .filter(|n| **n != key && n.ends_with(key))
                .map(|n| format!("\"{n}\""))
                .collect();
            found.push(match others.as_slice() {
                [] => {
                    "the pattern is not anchored with \"^\": any longer name that ends alike is rewritten too"
                        .to_owned()
                }
                _ => format!(
                    "the pattern is not anchored with \"^\": it rewrites {} too",
                    others.join(" and ")
                ),
            });
        }
    }
    static KEPT: Pattern =
        LazyLock::new(|| Regex::new(r#"sed\b.*?(?:\s-[nErsz]*i|--in-place=)['"]?\.[A-Za-z0-9]"#).ok());
    if matches(&KEPT, text) {
        found.push(BACKUP.to_owned());
    }
    found
}

/// Files in plain, and who may read them.
fn plaintext(text: &str, before: &[&Line], after: &[&Line]) -> Vec<String> {
    static COPY: Pattern =
        LazyLock::new(|| Regex::new(r#"\bcp\s+(?:-\S+\s+)*["']?(\S*?\.env)["']?\s+["']?([^\s"';&|]+)"#).ok());
    static OUTPUT: Pattern = LazyLock::new(|| Regex::new(r#">>?\s*["']?([^\s"';&|]*\.env[^\s"';&|]*)"#).ok());
    let mut found = Vec::new();
    let copy = captures(&COPY, text).map(|c| (c[1].to_owned(), c[2].to_owned()));
    if let Some((from, _)) = &copy {
        found.push(BACKUP.to_owned());
        // a copy has the mode of what it is a copy of
        let wide = |line: &&&Line| captures(&OUTPUT, &line.text).is_some_and(|c| c[1] == **from);
        let narrowed = |line: &&&Line| line.text.contains("chmod ") && line.text.contains(from.as_str());
        if !before.iter().any(|line| wide(&line)) || before.iter().any(|line| narrowed(&line)) {
            return found;
        }
    }
    let made = copy.map(|(_, to)| to).or_else(|| captures(&OUTPUT, text).map(|c| c[1].to_owned()));
    let Some(made) = made.filter(|path| ![".enc", ".sops", ".example"].iter().any(|end| path.ends_with(end)))
    else {
        return found;
    };
    static UMASK: Pattern = LazyLock::new(|| Regex::new(r"\bumask\s+0?[0-7]77\b").ok());
    let narrow = before.iter().any(|line| matches(&UMASK, &line.text)) || matches(&UMASK, text);
    if narrow || text.contains("install ") {
        return found;
    }
    // up to where the shell puts something in
    let start = made.split(['$', '*', '`']).next().unwrap_or(&made);
    let same = |line: &&&Line| {
        let words = line.text.strip_prefix("chmod ").or(line.text.strip_prefix("sudo chmod "));
        words.is_some_and(|w| {
            w.split_whitespace().any(|w| w == made || (start != made && w.starts_with(start)))
        })
    };
    found.push(match after.iter().find(same) {
        Some(line) => {
            format!(
                "a new file, in plain, has mode 0644 under the usual umask, until the chmod on line {}",
                line.number
            )
        }
        None => "a new file, in plain, has mode 0644 under the usual umask, and nothing narrows it later"
            .to_owned(),
    });
    found
}

fn sops(text: &str) -> Vec<&'static str> {
    static OPENS: Pattern = LazyLock::new(|| Regex::new(r"\bsops\b.*?\s(-d|--decrypt|decrypt)\b").ok());
    static SEALS: Pattern =
        LazyLock::new(|| Regex::new(r"\bsops\b.*?\s(-e|--encrypt|encrypt)\b.*[^>]>\s*\S+\.(enc|sops)").ok());
    static UNKNOWN: Pattern = LazyLock::new(|| Regex::new(r#"\.(enc|sops|encrypted)["']?(\s|$|\)|;)"#).ok());
    let input = text.split(" > ").next().unwrap_or(text);
    let mut found = Vec::new();
    if matches(&OPENS, text) && matches(&UNKNOWN, input) && !text.contains("--input-type") {
        found.push(SUFFIX);
    }
    if matches(&SEALS, text) {
        found.push(EMPTIED);
    }
    found
}

/// Whether a service is told a password.
fn tells(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["alter user", "alter role", "acl setuser", "config set requirepass"].iter().any(|w| lower.contains(w))
}

fn services(text: &str) -> Vec<&'static str> {
    static RESTARTS: Pattern = LazyLock::new(|| Regex::new(r"\bdocker([ -]compose\b.*)?\s+restart\b").ok());
    static ADDS: Pattern = LazyLock::new(|| Regex::new(r#"(?i)acl\s+setuser\b.*["'\s]>"#).ok());
    static SAVES: Pattern = LazyLock::new(|| Regex::new(r"(?i)\b(config\s+rewrite|acl\s+save)\b").ok());
    static IN_STATEMENT: Pattern =
        LazyLock::new(|| Regex::new(r"(?i)alter\s+(user|role)\b.*\bpassword\s+\\?['$]").ok());
    static IN_ARGUMENT: Pattern = LazyLock::new(|| {
        Regex::new(
            r#"(?i)(-c\s+"alter\b.*\$|redis-cli\b.*(\s-a|requirepass)\s+["']?\$|setuser\b.*>["']?\$|mysql\w*\b.*\s-p["']?\$|reset-admin-password\s+["']?\$)"#,
        )
        .ok()
    });
    static LOGS_IN: Pattern = LazyLock::new(|| Regex::new(r"\bexec\b.*\bpsql\b").ok());
    static NARROWS: Pattern = LazyLock::new(|| Regex::new(r"\bchmod\s+0?[46]00\s+\S*secrets?/").ok());
    let checks = [
        (&RESTARTS, RESTART),
        (&SAVES, REWRITE),
        (&IN_STATEMENT, LOGGED),
        (&IN_ARGUMENT, ARGUMENT),
        (&NARROWS, OWNER),
    ];
    let mut found: Vec<&str> =
        checks.iter().filter(|(p, _)| matches(p, text)).map(|(_, fault)| *fault).collect();
    if matches(&ADDS, text) && !text.to_lowercase().contains("resetpass") {
        found.push(ADDED);
    }
    if matches(&LOGS_IN, text) && !tells(text) {
        found.push(INSIDE);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a script, without those that `but` begins.
    fn faults(text: &str) -> Vec<String> {
        let keys = Keys { file: ".env", names: vec!["DB_PASSWORD", "TEST_DB_PASSWORD", "A"] };
        let lines = shell::lines("x.sh", text);
        let made =
            lines.iter().filter_map(|l| Some((l.text.split_once('=')?.0.to_owned(), Made::on(&l.text)?)));
        let made = made.collect();
        of(&lines, &keys, &made).into_iter().map(|(_, fault)| fault).collect()
    }

    #[test]
    fn each_fault_is_found_and_what_is_right_has_none() {
        for (wrong, fault, right) in [
            ("N=$(openssl rand -base64 64)", TORN, "N=$(openssl rand -base64 64 | tr -d '\\n')"),
            (
                "N=$(openssl rand -base64 9)\nsed \"s/^A=.*/A=$N/\"",
                SLASH,
                "N=$(openssl rand -hex 9)\nsed \"s/^A=.*/A=$N/\"",
            ),
            ("sed -i \"s|^A=.*|A=$1$X|\" .env", AMPERSAND, "sed -i 's|^A=.*|A=x|' .env"),
            ("sed -i.bak 's/^A=.*/A=/' .env", BACKUP, "sed -i 's/^A=.*/A=/' .env"),
            ("umask 077\ncp .env .env.backup.$(date +%F)", BACKUP, "cp .env.enc old.enc"),
            ("docker compose restart api", RESTART, "docker compose up -d api"),
            ("docker-compose -f a.yml restart", RESTART, "systemctl restart docker"),
            ("sops --decrypt .env.enc | cat", SUFFIX, "sops -d --input-type dotenv .env.enc | cat"),
            ("sops -e .env > .env.enc", EMPTIED, "sops -e -i .env"),
            ("redis-cli ACL SETUSER default on '>x'", ADDED, "redis-cli ACL SETUSER default resetpass '>x'"),
            ("redis-cli CONFIG REWRITE", REWRITE, "redis-cli CONFIG GET x"),
            ("psql -f x <<< \"ALTER USER a PASSWORD 'x'\"", LOGGED, "psql -c '\\password a'"),
            ("redis-cli -a \"$OLD\" ping", ARGUMENT, "redis-cli --askpass ping"),
            ("docker compose exec -T db psql -U a -c 'SELECT 1'", INSIDE, "psql -h db -c 'SELECT 1'"),
            (
                "redis-cli CONFIG SET requirepass x",
                SESSIONS,
                "redis-cli CONFIG SET requirepass x\nredis-cli CLIENT KILL TYPE normal",
            ),
            ("chmod 600 secrets/a.txt", OWNER, "chmod 600 .env"),
        ] {
            assert!(faults(wrong).iter().any(|f| f == fault), "{wrong}: {:?}", faults(wrong));
            assert!(!faults(right).iter().any(|f| f == fault), "{right}: {:?}", faults(right));
        }
        let unanchored = faults("sed 's/DB_PASSWORD=.*/DB_PASSWORD=/'");
        assert_eq!(
            unanchored,
            ["the pattern is not anchored with \"^\": it rewrites \"TEST_DB_PASSWORD\" too"]
        );
        assert!(faults("sops -d x > .env\nchmod 600 .env")[0].ends_with("until the chmod on line 2"));
        assert!(faults("grep x > .env")[0].ends_with("nothing narrows it later"));
        assert_eq!(faults("umask 077\ngrep x > .env"), [""; 0]);
        // a copy of a file that is narrow is narrow
        assert_eq!(faults("cp .env .env.old"), [BACKUP]);
        assert_eq!(faults("grep x > .env\ncp .env .env.old").len(), 3);
    }
}
