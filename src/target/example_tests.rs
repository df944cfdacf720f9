//! The programs of docs/examples, against the real service where it is installed and against a stand-in of its client
//! everywhere.

use std::time::Duration;

use super::conformance::{AWKWARD, Service as Expected, conform, value};
use super::programs::have;
use super::servers::openldap::OpenLdap;
use super::servers::rabbitmq::{BIN, RabbitMq};
use super::{Admin, Credential, Reach, Target, open};
use crate::config::{Service, TargetConfig, Users};
use crate::process::Site;
use crate::process::testing::Folder;

const OPENLDAP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/rotate-openldap");
const RABBITMQ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/rotate-rabbitmq");

/// `rabbitmqctl` as version 3.10 is: blanks around a password are dropped, and 65 is a refused login.
const CLIENT: &str = r#"
printf '%s\n' "$*" >>args
env >>env
shift
case $1 in
list_users) echo '[{"user":"app","tags":[]}]' ;;
list_connections) echo '[{"user":"app"},{"user":"other"},{"user":"app"}]' ;;
close_all_user_connections) echo >closed ;;
authenticate_user)
    jq -rRs 'gsub("^\\s+|\\s+$";"")' | cmp -s - password || exit 65 ;;
change_password) jq -rRs 'gsub("^\\s+|\\s+$";"")' >password ;;
*) exit 64 ;;
esac
"#;

fn config(program: &str, user: &str) -> TargetConfig {
    TargetConfig {
        service: Service::Command { run: vec!["sh".into(), program.into()] },
        users: Users::Single(user.into()),
        admin: None,
        keep_for: Duration::ZERO,
        timeout: Duration::from_secs(60),
    }
}

const EXPECTED: Expected<'_> =
    Expected { user: "app", value: "old-value", next_user: "app", provable: true, overlap: false };

fn reach(site: &Site) -> Reach<'_> {
    Reach { site, project: None, admin: None }
}

fn refuses_blanks(target: &dyn Target) {
    for blank in [" leading", "trailing\t"] {
        let blank = value(blank);
        let credential = Credential { user: "app", value: &blank };
        assert!(target.test(&credential).is_err());
        assert!(target.set(&credential, &[]).is_err());
    }
}

#[test]
fn the_example_for_rabbitmq_keeps_values_out_of_arguments() {
    if !have("the_example_for_rabbitmq_keeps_values_out_of_arguments", &["jq"]) {
        return;
    }
    let folder = Folder::new();
    folder.file("rabbitmqctl", CLIENT);
    folder.file("password", "old-value\n");
    let mut site = folder.site();
    site.env.push(("RABBITMQCTL".into(), "sh rabbitmqctl".into()));
    let config = config(RABBITMQ, "app");
    let target = open(&config, reach(&site)).unwrap();
    conform(&*target, &EXPECTED, AWKWARD[1]);
    for new in AWKWARD.into_iter().filter(|new| new.trim() == *new) {
        let secret = value(new);
        let credential = Credential { user: "app", value: &secret };
        target.set(&credential, &[]).unwrap();
        assert!(target.test(&credential).unwrap(), "{new}");
        assert_eq!(folder.read("password"), format!("{new}\n"));
        assert!(!folder.read("args").contains(new) && !folder.read("env").contains(new), "{new}");
        assert!(!folder.read("env").contains(&new.replace('\\', "\\\\")), "{new}");
    }
    refuses_blanks(&*target);
    let secret = value("x");
    let credential = Credential { user: "app", value: &secret };
    assert_eq!(target.sessions(&credential, &credential).unwrap(), Some(2));
    assert!(folder.has("closed"));
    // nobody answers
    folder.file("rabbitmqctl", "exit 69");
    assert!(target.test(&credential).is_err() && target.examine(&credential).is_err());
}

#[test]
fn the_example_for_rabbitmq_rotates_the_real_one() {
    if !have("the_example_for_rabbitmq_rotates_the_real_one", &["rabbitmq", "jq"]) {
        return;
    }
    let server = RabbitMq::start();
    assert!(server.ctl(&["add_user", "app"], b"old-value"));
    let folder = Folder::new();
    let mut site = folder.site();
    site.env.extend(server.env.iter().map(|(name, value)| (name.into(), value.into())));
    site.env.push(("RABBITMQCTL".into(), format!("{BIN}/rabbitmqctl").into()));
    let config = config(RABBITMQ, "app");
    let target = open(&config, reach(&site)).unwrap();
    let (old, new, nobodys) = (value("old-value"), value(AWKWARD[1]), value("nobodys"));
    let old = Credential { user: "app", value: &old };
    let new = Credential { user: "app", value: &new };
    assert!(target.examine(&old).unwrap().is_empty());
    super::apply(&*target, &new, &[new, old], &nobodys).unwrap();
    super::revoke(&*target, &old, &new, &nobodys).unwrap();
    assert_eq!(target.sessions(&old, &new).unwrap(), Some(0));
    for awkward in [AWKWARD[3], AWKWARD[6]] {
        let awkward = value(awkward);
        let awkward = Credential { user: "app", value: &awkward };
        target.set(&awkward, &[new]).unwrap();
        assert!(target.test(&awkward).unwrap());
    }
    refuses_blanks(&*target);
}

#[test]
fn the_example_for_openldap_rotates_the_real_one() {
    if !have("the_example_for_openldap_rotates_the_real_one", &["slapd", "jq"]) {
        return;
    }
    let mut server = OpenLdap::start("admin-value", "old-value");
    let folder = Folder::new();
    let mut site = folder.site();
    site.env.push(("LDAPURI".into(), (&server.uri).into()));
    let user = "cn=app,dc=test";
    let config = config(OPENLDAP, user);
    let reach = |passwords: &[&str]| Reach {
        site: &site,
        project: None,
        admin: Some(Admin {
            user: "cn=admin,dc=test".into(),
            passwords: passwords.iter().map(|one| value(one)).collect(),
        }),
    };
    let target = open(&config, reach(&["wrong", "admin-value"])).unwrap();
    conform(&*target, &Expected { user, next_user: user, ..EXPECTED }, AWKWARD[1]);
    for awkward in AWKWARD {
        let awkward = value(awkward);
        let awkward = Credential { user, value: &awkward };
        target.set(&awkward, &[]).unwrap();
        assert!(target.test(&awkward).unwrap());
    }
    // an empty password would be a login as nobody
    let empty = value("");
    assert!(!target.test(&Credential { user, value: &empty }).unwrap());
    let last = value(AWKWARD[7]);
    let last = Credential { user, value: &last };
    for wrong in [&["wrong"][..], &[""], &[]] {
        let target = open(&config, reach(wrong)).unwrap();
        assert!(target.examine(&last).is_err() && target.set(&last, &[]).is_err(), "{wrong:?}");
    }
    server.down();
    assert!(target.test(&last).is_err());
    server.up();
    assert!(target.test(&last).unwrap());
}
