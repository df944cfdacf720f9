//! A double of Grafana, which counts wrong passwords as the real one does.

use std::time::Duration;

use super::super::conformance::{AWKWARD, Service as Expected, conform, value};
use super::super::servers::grafana_double::Grafana as Double;
use super::super::servers::web::serve;
use super::super::{Admin, Reach, apply, open, revoke};
use super::*;
use crate::config::Service;
use crate::process::Site;
use crate::process::testing::Folder;

fn config(at: &str) -> TargetConfig {
    TargetConfig {
        service: Service::Grafana { at: at.to_owned() },
        users: Users::Single("app".into()),
        admin: None,
        keep_for: Duration::ZERO,
        timeout: Duration::from_secs(10),
    }
}

/// With the admin, whose passwords may be these; without any, the user changes the password.
fn reach<'a>(site: &'a Site, passwords: &[&str]) -> Reach<'a> {
    let passwords: Vec<SecretValue> = passwords.iter().map(|password| value(password)).collect();
    let admin = (!passwords.is_empty()).then(|| Admin { user: "root".into(), passwords });
    Reach { site, project: None, admin }
}

#[test]
fn the_double_conforms() {
    let folder = Folder::new();
    let site = folder.site();
    for admin in [&["wrong", "admin"][..], &[]] {
        for new in AWKWARD {
            let double = Double::start("old-value");
            // the conformance logs in wrongly far more often than a rotation does
            double.state.lock().unwrap().protected = false;
            let config = config(&double.server.url);
            let target = open(&config, reach(&site, admin)).unwrap();
            let expected = Expected {
                user: "app",
                value: "old-value",
                next_user: "app",
                provable: true,
                overlap: false,
            };
            conform(&*target, &expected, new);
            assert_eq!(double.state.lock().unwrap().user, new);
        }
    }
}

#[test]
fn a_rotation_spends_one_wrong_login_and_a_resumed_one_two() {
    let folder = Folder::new();
    let site = folder.site();
    let (old, new, nobodys) = (value("old-value"), value("new-value"), value("nobodys"));
    let old = Credential { user: "app", value: &old };
    let new = Credential { user: "app", value: &new };
    for admin in [&["admin"][..], &[]] {
        let double = Double::start("old-value");
        let config = config(&double.server.url);
        let target = open(&config, reach(&site, admin)).unwrap();
        target.examine(&old).unwrap();
        apply(&*target, &new, &[new, old], &nobodys).unwrap();
        assert_eq!(double.state.lock().unwrap().wrong, 0);
        // as after a crash: the user finds the old one no longer in force
        apply(&*target, &new, &[new, old], &nobodys).unwrap();
        assert_eq!(double.state.lock().unwrap().wrong, usize::from(admin.is_empty()));
        revoke(&*target, &old, &new, &nobodys).unwrap();
        assert_eq!(double.state.lock().unwrap().wrong, 1 + usize::from(admin.is_empty()));
    }
}

#[test]
fn a_blocked_user_is_neither_accepted_nor_refused() {
    let folder = Folder::new();
    let site = folder.site();
    let double = Double::start("right");
    let config = config(&double.server.url);
    let target = open(&config, reach(&site, &[])).unwrap();
    let (right, wrong) = (value("right"), value("wrong"));
    let right = Credential { user: "app", value: &right };
    for _ in 0..5 {
        assert!(!target.test(&Credential { user: "app", value: &wrong }).unwrap());
    }
    let error = target.test(&right).unwrap_err();
    assert_eq!(error.to_string(), "Grafana has blocked the logins of \"app\": login-attempt.blocked");
    assert!(target.set(&right, &[right]).is_err());
}

#[test]
fn sessions_of_browsers_are_ended_and_counted() {
    let folder = Folder::new();
    let site = folder.site();
    let (old, new) = (value("old-value"), value("new-value"));
    let old = Credential { user: "app", value: &old };
    let new = Credential { user: "app", value: &new };
    for admin in [&["admin"][..], &[]] {
        let double = Double::start("new-value");
        let config = config(&double.server.url);
        let target = open(&config, reach(&site, admin)).unwrap();
        assert_eq!(target.sessions(&old, &new).unwrap(), Some(2));
        assert!(double.state.lock().unwrap().tokens.is_empty());
        assert_eq!(target.sessions(&old, &new).unwrap(), Some(0));
    }
}

#[test]
fn what_would_make_a_change_fail_is_known_beforehand() {
    let folder = Folder::new();
    let site = folder.site();
    let double = Double::start("right");
    let mut config = config(&double.server.url);
    let (right, wrong, short) = (value("right"), value("wrong"), value("abc"));
    let right = Credential { user: "app", value: &right };
    let wrong = Credential { user: "app", value: &wrong };
    let with = |passwords: &[&str]| reach(&site, passwords);
    assert!(open(&config, with(&[])).unwrap().examine(&right).unwrap().is_empty());
    assert!(open(&config, with(&[])).unwrap().examine(&wrong).is_err());
    assert_eq!(open(&config, with(&["admin"])).unwrap().examine(&wrong).unwrap().len(), 1);
    let error = open(&config, with(&["no"])).unwrap().examine(&right).unwrap_err();
    assert_eq!(error.to_string(), "the admin \"root\" is refused");
    // an admin that is none
    let admin = Some(Admin { user: "app".into(), passwords: vec![value("right")] });
    let error =
        open(&config, Reach { site: &site, project: None, admin }).unwrap().examine(&right).unwrap_err();
    assert_eq!(error.to_string(), "\"app\" is no server admin of it");
    for admin in [&["admin"][..], &[]] {
        let short = Credential { user: "app", value: &short };
        let error = open(&config, with(admin)).unwrap().set(&short, &[right]).unwrap_err();
        assert_eq!(error.to_string(), "it does not take the value as a password");
        assert!(!format!("{error:?}").contains("abc"));
    }
    // not Grafana
    for (status, body) in [(200, "<html>"), (200, "{}"), (404, ""), (302, ""), (503, "")] {
        let other = serve(move |_| (status, body.to_owned()));
        config.service = Service::Grafana { at: other.url.clone() };
        assert!(open(&config, with(&[])).unwrap().test(&right).is_err(), "{status} {body}");
    }
    let other = serve(|_| (200, "{\"login\":\"viewer\",\"email\":\"\"}".to_owned()));
    config.service = Service::Grafana { at: other.url.clone() };
    let error = open(&config, with(&[])).unwrap().test(&right).unwrap_err();
    assert_eq!(error.to_string(), "it takes \"app\" for another user");
}
