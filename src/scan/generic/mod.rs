//! Guesses: a name that speaks of a secret, and a value that looks like one.
//!
//! The words lead to places; each place is rejected by the few bytes around it before anything is judged. `assign` reads
//! from a name to its value (`spoken` over a blank, `nested` into a block), `pairs` from a name that is itself a value, `url`, `header`, `command`, `call`,
//! `manifest` and `account` know their own forms. What a value may be, `judge` decides by the name, the value and the form of the file.

mod account;
mod assign;
mod base64;
mod call;
mod command;
mod form;
mod header;
mod judge;
mod literal;
mod manifest;
mod nested;
mod pairs;
mod spoken;
#[cfg(test)]
mod tests;
mod typed;
mod url;

use std::ops::Range;

use super::finding::{Class, Hit, Mend};
use super::rarity::rarity;
use super::text::Text;
use form::Form;

/// What a word leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// A part of a name.
    Name,
    /// `://`.
    Url,
    /// `@tcp(` of Go's names of databases.
    Dsn,
    /// `Authorization`.
    Header,
    /// A program that takes a password as an argument.
    Command,
    /// A function that takes a password.
    Call,
    /// A user of Redis.
    Acl,
    /// An answer of a script of `expect`.
    Sent,
}

const WORDS: &[(&str, Lead)] = &[
    ("pass", Lead::Name),
    ("pwd", Lead::Name),
    ("secret", Lead::Name),
    ("token", Lead::Name),
    ("apikey", Lead::Name),
    ("_key", Lead::Name),
    ("-key", Lead::Name),
    ("api.key", Lead::Name),
    ("accesskey", Lead::Name),
    ("privatekey", Lead::Name),
    ("encryptionkey", Lead::Name),
    ("signingkey", Lead::Name),
    ("masterkey", Lead::Name),
    ("authkey", Lead::Name),
    ("accountkey", Lead::Name),
    ("licensekey", Lead::Name),
    ("sharedkey", Lead::Name),
    ("appkey", Lead::Name),
    ("storagekey", Lead::Name),
    ("credential", Lead::Name),
    ("creds", Lead::Name),
    ("_auth", Lead::Name),
    ("\"auth\"", Lead::Name),
    ("_psk", Lead::Name),
    ("psk=", Lead::Name),
    ("psk =", Lead::Name),
    ("psk:", Lead::Name),
    ("\"jwt", Lead::Name),
    ("encryption:", Lead::Name),
    ("validationkey", Lead::Name),
    ("decryptionkey", Lead::Name),
    ("salt", Lead::Name),
    ("masterauth", Lead::Name),
    ("kennwort", Lead::Name),
    ("contrase", Lead::Name),
    ("senha", Lead::Name),
    ("identified", Lead::Name),
    ("bindpw", Lead::Name),
    ("rootpw", Lead::Name),
    ("pepper", Lead::Name),
    ("_pat", Lead::Name),
    ("_pw", Lead::Name),
    ("://", Lead::Url),
    ("@tcp(", Lead::Dsn),
    ("@unix(", Lead::Dsn),
    ("authorization", Lead::Header),
    ("curl ", Lead::Command),
    ("mysql", Lead::Command),
    ("mariadb", Lead::Command),
    ("docker login", Lead::Command),
    ("podman login", Lead::Command),
    ("registry login", Lead::Command),
    ("openssl ", Lead::Command),
    ("redis-cli", Lead::Command),
    ("mongo", Lead::Command),
    ("ldap", Lead::Command),
    ("net user ", Lead::Command),
    ("sshpass", Lead::Command),
    ("-stdin", Lead::Command),
    ("chpasswd", Lead::Command),
    ("convertto-securestring", Lead::Call),
    ("basicauth", Lead::Call),
    ("basic_auth", Lead::Call),
    ("auth = (", Lead::Call),
    ("auth=(", Lead::Call),
    ("getconnection", Lead::Call),
    ("new pdo", Lead::Call),
    ("mysqli", Lead::Call),
    ("connect(", Lead::Call),
    ("credentials(", Lead::Call),
    (".authenticate(", Lead::Call),
    (".auth(", Lead::Call),
    (":auth(", Lead::Call),
    ("unsafeplaintext", Lead::Call),
    ("securitykey(", Lead::Call),
    ("createhmac", Lead::Call),
    ("hmac.new", Lead::Call),
    ("hmac.hexdigest", Lead::Call),
    ("hash_hmac", Lead::Call),
    ("hmacsha", Lead::Call),
    ("jwt.sign", Lead::Call),
    ("jwt.verify", Lead::Call),
    ("jwt.encode", Lead::Call),
    ("jwt.decode", Lead::Call),
    ("aes.encrypt", Lead::Call),
    ("aes.decrypt", Lead::Call),
    ("wifi.begin", Lead::Call),
    ("fernet(", Lead::Call),
    ("simple_bind", Lead::Call),
    ("cookieparser(", Lead::Call),
    ("sequelize(", Lead::Call),
    ("signwith(", Lead::Call),
    ("ftp_login", Lead::Call),
    ("auth' => [", Lead::Call),
    ("send \"", Lead::Sent),
    ("networkcredential", Lead::Call),
    ("passwordcredential", Lead::Call),
    ("passwordauthentication", Lead::Call),
    (".login(", Lead::Call),
    ("plainauth", Lead::Call),
    (" on >", Lead::Acl),
    ("smbclient", Lead::Command),
    ("rabbitmqctl", Lead::Command),
    ("keytool", Lead::Command),
    ("zip ", Lead::Command),
    ("oc login", Lead::Command),
    ("cd login", Lead::Command),
    ("cf login", Lead::Command),
    ("skopeo login", Lead::Command),
    ("etcdctl", Lead::Command),
    ("mosquitto_", Lead::Command),
    ("cqlsh", Lead::Command),
    ("bcp ", Lead::Command),
    ("freerdp", Lead::Command),
    ("cmdkey", Lead::Command),
    ("plink ", Lead::Command),
    ("pscp ", Lead::Command),
    ("psexec", Lead::Command),
    ("nmcli", Lead::Command),
    ("unzip ", Lead::Command),
    ("stats auth ", Lead::Command),
    ("7z ", Lead::Command),
    ("sqlcmd", Lead::Command),
    ("ipmitool", Lead::Command),
    ("snmp", Lead::Command),
    ("lftp ", Lead::Command),
    ("http -a ", Lead::Command),
    ("sqlplus ", Lead::Command),
    ("az login", Lead::Command),
    ("htpasswd ", Lead::Command),
    ("net use ", Lead::Command),
    ("sudo -s", Lead::Command),
    ("vault login ", Lead::Command),
];

/// The words that lead here, lower case; case does not count.
pub(super) fn words() -> Vec<&'static str> {
    WORDS.iter().map(|(word, _)| *word).collect()
}

/// What was seen of a text so far.
#[derive(Default)]
pub(super) struct Generic {
    form: Option<Form>,
    /// What lies before was looked at by this lead.
    names: usize,
    urls: usize,
    commands: usize,
}

/// A secret, and the name or the rule that it goes by.
struct Found {
    rule: &'static str,
    at: Range<usize>,
    /// Where its name stands, if it has one.
    name: Option<Range<usize>>,
    /// What it is where it has no name.
    what: &'static str,
}

impl Generic {
    /// What needs no word: files that are secrets by their form.
    pub(super) fn file(&mut self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        if text.whole && !text.binary {
            account::look(text, |found| push(text, found, hits));
        }
    }

    /// Looks around the word with this number.
    pub(super) fn at(&mut self, text: &Text<'_>, word: usize, at: Range<usize>, hits: &mut Vec<Hit>) {
        let form = *self.form.get_or_insert_with(|| Form::of(text.name).with(text.bytes));
        if form == Form::Skip {
            return;
        }
        let Some((_, lead)) = WORDS.get(word) else { return };
        match lead {
            Lead::Name if at.start >= self.names => {
                let (end, found) = assign::look(text, at, form);
                self.names = end;
                found.into_iter().for_each(|found| push(text, found, hits));
            }
            Lead::Url if at.start >= self.urls => {
                if let Some(found) = url::look(text, at.end, form) {
                    self.urls = found.at.end;
                    push(text, found, hits);
                }
            }
            Lead::Dsn => url::dsn(text, at.start, form).into_iter().for_each(|found| push(text, found, hits)),
            Lead::Header => {
                if let Some(found) = header::look(text, at, form) {
                    push(text, found, hits);
                }
            }
            Lead::Command if account::is_list(text, &at) => {
                account::list(text, &at, |found| push(text, found, hits));
            }
            Lead::Call => call::look(text, at, form).into_iter().for_each(|found| push(text, found, hits)),
            Lead::Acl => call::acl(text, at).into_iter().for_each(|found| push(text, found, hits)),
            Lead::Sent => call::sent(text, at).into_iter().for_each(|found| push(text, found, hits)),
            Lead::Command if at.start >= self.commands => {
                if let Some(found) = command::look(text, at, form) {
                    self.commands = found.at.end;
                    push(text, found, hits);
                }
            }
            _ => {}
        }
    }
}

fn push(text: &Text<'_>, found: Found, hits: &mut Vec<Hit>) {
    let name = found.name.map(|name| &text.bytes[name]).unwrap_or_default();
    // a name that looks like a value is not told
    let told = !name.is_empty() && name.len() <= 48 && rarity(name) < 7.0;
    let what = if told { String::from_utf8_lossy(name).into_owned() } else { found.what.to_owned() };
    hits.push(Hit { class: Class::Generic, rule: found.rule, at: found.at, what, mend: Mend::TakeOut });
}
