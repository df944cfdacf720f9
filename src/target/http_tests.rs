//! RabbitMQ's management interface, the real one where it is installed and a double everywhere, and services that
//! answer in every way they may.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::conformance::{AWKWARD, Service as Expected, conform, value};
use super::super::programs::have;
use super::super::servers::rabbitmq::{RabbitMq, RabbitMqDouble};
use super::super::servers::web::serve;
use super::super::{Admin, Reach, apply, open, revoke};
use super::*;
use crate::config::{Config, Service};
use crate::process::Site;
use crate::process::testing::Folder;

/// A policy's own text, so that what users write is what is tested.
fn config(target: &str) -> TargetConfig {
    let config = Config::parse(&format!("[secret.P]\ntarget = {{ http = {{ {target} }} }}")).unwrap();
    config.secrets.into_values().next().and_then(|policy| policy.target).unwrap()
}

fn rabbitmq(url: &str) -> TargetConfig {
    config(&format!(
        "user = \"app\", admin-user = \"guest\", test = {{ get = \"{url}/api/whoami\" }}, \
         set = {{ put = \"{url}/api/users/{{user}}\", \
         json = '{{\"password\": \"{{new}}\", \"tags\": \"management\"}}' }}, \
         sessions = {{ delete = \"{url}/api/connections/username/{{user}}\" }}"
    ))
}

fn reach<'a>(site: &'a Site, passwords: &[&str]) -> Reach<'a> {
    let passwords = passwords.iter().map(|password| value(password)).collect();
    Reach { site, project: None, admin: Some(Admin { user: "guest".into(), passwords }) }
}

const EXPECTED: Expected<'_> =
    Expected { user: "app", value: "old-value", next_user: "app", provable: true, overlap: false };

#[test]
fn the_double_of_rabbitmq_conforms() {
    let folder = Folder::new();
    let site = folder.site();
    for new in AWKWARD {
        let server = RabbitMqDouble::start("old-value");
        let mut config = rabbitmq(&server.server.url);
        if let Service::Http(calls) = &mut config.service {
            calls.sessions = None;
        }
        // the right password of the admin is the second one that may be in force
        let target = open(&config, reach(&site, &["wrong", "guest"])).unwrap();
        conform(&*target, &EXPECTED, new);
        assert_eq!(*server.password.lock().unwrap(), new);
    }
}

#[test]
fn the_real_rabbitmq_conforms() {
    if !have("the_real_rabbitmq_conforms", &["rabbitmq"]) {
        return;
    }
    let server = RabbitMq::start();
    assert!(server.ctl(&["add_user", "app"], b"old-value"));
    assert!(server.ctl(&["set_user_tags", "app", "management"], b""));
    let folder = Folder::new();
    let site = folder.site();
    let config = rabbitmq(&server.url);
    let target = open(&config, reach(&site, &["wrong", "guest"])).unwrap();
    conform(&*target, &EXPECTED, AWKWARD[0]);
    let mut old = value(AWKWARD[0]);
    for new in &AWKWARD[1..] {
        let (nobodys, new) = (value("nobodys"), value(new));
        let was = Credential { user: "app", value: &old };
        let is = Credential { user: "app", value: &new };
        apply(&*target, &is, &[was, is], &nobodys).unwrap();
        revoke(&*target, &was, &is, &nobodys).unwrap();
        old = new;
    }
    let old = Credential { user: "app", value: &old };
    assert_eq!(target.name(), format!("http service at {}, user \"app\"", &server.url[7..]));
    // nobody is no admin, and the user is none either
    let error = open(&config, reach(&site, &["wrong", ""])).unwrap().set(&old, &[old]).unwrap_err();
    assert_eq!(error.to_string(), "the admin \"guest\" is refused");
}

/// A service whose user changes the password with the one in force, and takes a token to log in.
fn own(url: &str) -> TargetConfig {
    config(&format!(
        "user = \"a/b\", test = {{ get = \"{url}/me/{{user}}\", login = \"bearer\" }}, set = {{ \
         post = \"{url}/change\", login = \"user\", json = '[{{\"who\": \"{{user}}\", \"from\": \"{{old}}\", \
         \"to\": \"{{new}}\", \"n\": 1}}]' }}, retire = {{ delete = \"{url}/tokens\", login = \"bearer\", \
         json = '{{\"token\": \"{{old}}\"}}' }}"
    ))
}

#[test]
fn a_user_changes_the_value_with_the_one_in_force() {
    let folder = Folder::new();
    let site = folder.site();
    let state = Arc::new(Mutex::new((vec!["{new}".to_owned()], Vec::new())));
    let kept = state.clone();
    let server = serve(move |request| {
        let (accepted, log) = &mut *kept.lock().unwrap();
        log.push(format!("{} {} {}", request.method, request.path, request.body));
        let given = request.bearer.clone().or(request.login.clone().map(|(_, value)| value));
        if !given.is_some_and(|given| accepted.contains(&given)) {
            return (403, String::new());
        }
        match request.method.as_str() {
            "POST" => accepted.push(request.field("to").unwrap()),
            "DELETE" => {
                let token = request.field("token");
                if !accepted.iter().any(|one| Some(one) == token.as_ref()) {
                    return (404, String::new());
                }
                accepted.retain(|one| Some(one) != token.as_ref());
            }
            _ => {}
        }
        (200, String::new())
    });
    let config = own(&server.url);
    let target = open(&config, Reach { site: &site, project: None, admin: None }).unwrap();
    // an old value that looks like a placeholder is still that value
    let expected = Expected { user: "a/b", value: "{new}", next_user: "a/b", provable: true, overlap: true };
    conform(&*target, &expected, "it's{old}\"\\");
    let (accepted, log) = &*state.lock().unwrap();
    assert_eq!(*accepted, ["it's{old}\"\\"]);
    assert!(log.iter().any(|line| line.starts_with("GET /me/a%2Fb ")));
    let body = r#"POST /change [{"who":"a/b","from":"{new}","to":"it's{old}\"\\","n":1}]"#;
    assert!(log.iter().any(|line| line == body), "{log:#?}");
}

/// What a service that always answers so leads to.
fn answered(status: u16) -> (Result<bool>, Result<()>, Result<()>) {
    let folder = Folder::new();
    let site = folder.site();
    let server = serve(move |_| (status, "s3cret of the body".to_owned()));
    let config = own(&server.url);
    let target = open(&config, Reach { site: &site, project: None, admin: None }).unwrap();
    let (old, new) = (value("s3cret-old"), value("s3cret-new"));
    let old = Credential { user: "a/b", value: &old };
    let new = Credential { user: "a/b", value: &new };
    (target.test(&new), target.set(&new, &[new, old]), target.retire(&old, &new))
}

#[test]
fn a_status_means_what_the_policy_says() {
    for (status, test, set, retire) in [
        (200, Some(true), true, true),
        (204, Some(true), true, true),
        (401, Some(false), false, false),
        (403, Some(false), false, false),
        (404, None, false, true),
        (410, None, false, true),
        (302, None, false, false),
        (500, None, false, false),
    ] {
        let (tested, was_set, retired) = answered(status);
        for error in [tested.as_ref().err(), was_set.as_ref().err(), retired.as_ref().err()] {
            let Some(error) = error else { continue };
            let said = format!("{error} {:?} {:?}", error.notes(), error.advice());
            assert!(!said.contains("s3cret"), "{said}");
        }
        assert_eq!((tested.ok(), was_set.is_ok(), retired.is_ok()), (test, set, retire), "{status}");
    }
}

#[test]
fn who_does_not_answer_neither_accepts_nor_refuses() {
    let folder = Folder::new();
    let site = folder.site();
    let secret = value("s3cret");
    let credential = Credential { user: "app", value: &secret };
    let port = super::super::servers::free_port();
    let dead = rabbitmq(&format!("http://127.0.0.1:{port}"));
    let error = open(&dead, reach(&site, &["guest"])).unwrap().test(&credential).unwrap_err();
    assert_eq!(error.to_string(), format!("nobody answers at 127.0.0.1:{port}: connection refused"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap();
    let mut config = rabbitmq(&format!("http://{silent}"));
    config.timeout = Duration::from_millis(300);
    let error = open(&config, reach(&site, &["guest"])).unwrap().test(&credential).unwrap_err();
    assert_eq!(error.to_string(), format!("no answer from {silent} within 300ms"));

    let far = rabbitmq("http://192.0.2.1");
    let error = open(&far, reach(&site, &["guest"])).unwrap().examine(&credential).unwrap_err();
    assert!(error.to_string().contains("beyond the private network"), "{error}");
}

#[test]
fn mistakes_are_known_before_anything_is_told() {
    let folder = Folder::new();
    let site = folder.site();
    let server =
        serve(|request| if request.method == "GET" { (401, String::new()) } else { (200, String::new()) });
    let secret = value("s3cret");
    let credential = Credential { user: "a/b", value: &secret };
    let examine =
        |config: &TargetConfig| open(config, reach(&site, &["guest"])).unwrap().examine(&credential);
    // refused, and needed
    assert!(examine(&own(&server.url)).unwrap_err().to_string().contains("setting another needs it"));
    // refused, and not needed
    assert_eq!(examine(&rabbitmq(&server.url)).unwrap(), ["the present value is refused"]);
    let url = &server.url;
    let wrong = config(&format!(
        "test = {{ post = \"{url}\", json = '\"{{old}}\"' }}, set = {{ put = \"{url}\", login = \"none\" }}"
    ));
    assert!(examine(&wrong).unwrap_err().to_string().contains("no old value"));
    let bytes = SecretValue::new(vec![0xff]);
    let binary = Credential { user: "app", value: &bytes };
    let config = rabbitmq(url);
    let error = open(&config, reach(&site, &["guest"])).unwrap().set(&binary, &[]).unwrap_err();
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}
