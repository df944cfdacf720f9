//! Who opens a file after it was rekeyed, and what of its bytes is another.

use std::sync::Arc;

use rand::rngs::OsRng;

use super::{Format, NewFile, Readers, Rule, Sealed, Tools};
use crate::error::{Error, Kind, Result};
use crate::keys::{Keyring, Nobody, Prompt, Recipient, generate};
use crate::secret::SecretValue;

const THEN: &str = "2026-01-01T00:00:00Z";
const NOW: &str = "2026-11-20T00:00:00Z";
const PLAIN: &str = "# a comment\nA=one\n\nB=\nC_unencrypted=in clear\nD=two\\nlines\n";

/// Somebody with a key.
struct Person {
    identity: SecretValue,
    recipient: Recipient,
}

impl Person {
    fn new() -> Self {
        let (identity, recipient) = generate(NOW);
        Person { identity, recipient }
    }

    fn text(&self) -> String {
        self.recipient.text().to_owned()
    }
}

fn nobody() -> Arc<dyn Prompt> {
    Arc::new(Nobody)
}

fn keyring(of: &[&Person]) -> Keyring {
    let identities: Vec<&[u8]> = of.iter().map(|person| person.identity.expose()).collect();
    Keyring::of_identities(SecretValue::concat(&identities))
}

fn sealed(readers: Readers) -> Vec<u8> {
    let file = NewFile { recipients: readers, rule: Rule::default(), mac_only_encrypted: false };
    let plain = SecretValue::new(PLAIN.into());
    let (open, _) = file.open(Format::Dotenv, &plain, &mut OsRng, &nobody()).unwrap();
    open.seal(THEN, &mut OsRng).unwrap()
}

fn rekeyed(file: &[u8], of: &[&Person], new: bool, change: impl FnOnce(&mut Readers)) -> Result<Vec<u8>> {
    let sealed = Sealed::parse(file.to_vec()).unwrap();
    let mut wanted = sealed.readers();
    change(&mut wanted);
    let keyring = keyring(of);
    sealed.rekey(&wanted, new, &keyring, &mut Tools { prompt: &nobody(), random: &mut OsRng, now: NOW })
}

fn opens(file: &[u8], of: &[&Person]) -> bool {
    match Sealed::parse(file.to_vec()).unwrap().open(&keyring(of)) {
        Ok(open) => {
            assert_eq!(open.plain().unwrap().expose(), PLAIN.as_bytes());
            true
        }
        Err(error) if error.kind() == Kind::NoIdentity => false,
        Err(error) => panic!("{error}"),
    }
}

fn lines(file: &[u8]) -> Vec<&str> {
    std::str::from_utf8(file).unwrap().lines().collect()
}

/// The lines of the first that are not in the second.
fn gone<'a>(from: &'a [u8], to: &[u8]) -> Vec<&'a str> {
    let there = lines(to);
    lines(from).into_iter().filter(|line| !there.contains(line)).collect()
}

#[test]
fn who_comes_adds_two_lines_and_who_goes_takes_them_away() {
    let [a, b] = [Person::new(), Person::new()];
    let before = sealed(vec![a.recipient.clone()].into());
    let with = rekeyed(&before, &[&a], false, |r| assert!(r.add(0, &b.text()))).unwrap();
    assert!(opens(&with, &[&a]) && opens(&with, &[&b]) && !opens(&before, &[&b]));
    assert_eq!((gone(&before, &with).len(), gone(&with, &before).len()), (0, 2));
    let without = rekeyed(&with, &[&b], false, |r| assert_eq!(r.remove(None, &b.text()), 1)).unwrap();
    assert!(without == before, "what was added and taken away leaves the very bytes");
    let other = rekeyed(&with, &[&b], false, |r| assert_eq!(r.remove(None, &a.text()), 1)).unwrap();
    assert!(opens(&other, &[&b]) && !opens(&other, &[&a]));
    assert!(
        rekeyed(&before, &[&b], false, |r| {
            r.add(0, &b.text());
        })
        .is_err()
    );
}

#[test]
fn a_new_data_key_makes_every_value_another_and_keeps_what_it_says() {
    let [a, b] = [Person::new(), Person::new()];
    let before = sealed(vec![a.recipient.clone(), b.recipient.clone()].into());
    let after = rekeyed(&before, &[&a], true, |r| {
        r.remove(None, &b.text());
    })
    .unwrap();
    assert!(opens(&after, &[&a]) && !opens(&after, &[&b]));
    let stays = |line: &&str| !line.contains("ENC[") && !line.contains("_enc=") && !line.contains(THEN);
    for (was, is) in lines(&before).iter().zip(lines(&after)).filter(|(was, _)| !stays(was)) {
        assert_ne!(*was, is);
    }
    assert!(lines(&after).contains(&"B=") && lines(&after).contains(&"C_unencrypted=in clear"));
    // whoever kept the old data key reads nothing of it
    let old = Sealed::parse(before).unwrap().open(&keyring(&[&b])).unwrap();
    let read = Sealed::parse(after).unwrap();
    assert!(super::Open::check(read.file, read.format, read.tree, read.metadata, old.cipher).is_err());
}

fn of_three(people: &[Person; 3], threshold: usize) -> Readers {
    Readers::new(people.iter().map(|p| vec![p.text()]).collect(), Some(threshold)).unwrap()
}

#[test]
fn a_shared_file_opens_with_exactly_as_many_groups_as_are_needed() {
    let people = [Person::new(), Person::new(), Person::new()];
    let [a, b, c] = &people;
    for threshold in [2, 3] {
        let file = sealed(of_three(&people, threshold));
        assert!(opens(&file, &[a, b, c]));
        assert_eq!(opens(&file, &[a, b]), threshold == 2);
        assert_eq!(opens(&file, &[c, b]), threshold == 2);
        assert!([a, b, c].iter().all(|one| !opens(&file, &[one])));
    }
}

#[test]
fn a_member_gets_the_share_of_the_group_where_somebody_at_hand_has_it() {
    let people = [Person::new(), Person::new(), Person::new()];
    let [a, b, c] = &people;
    let d = Person::new();
    let before = sealed(of_three(&people, 2));
    // a is at hand, so that the groups of b and c keep their stanzas
    let with = rekeyed(&before, &[a, b], false, |r| {
        r.add(0, &d.text());
    })
    .unwrap();
    assert_eq!((gone(&before, &with).len(), gone(&with, &before).len()), (0, 2));
    assert!(opens(&with, &[&d, b]) && opens(&with, &[&d, c]) && opens(&with, &[a, c]));
    assert!(!opens(&with, &[&d, a]), "two members of one group count once");
    // nobody of c's group is at hand: a new split
    let split = rekeyed(&before, &[a, b], false, |r| {
        r.add(2, &d.text());
    })
    .unwrap();
    assert_eq!(gone(&before, &split).len(), 3);
    assert!(opens(&split, &[&d, a]) && opens(&split, &[a, b]) && !opens(&split, &[&d, c]));
    // who goes costs nobody else anything
    let without = rekeyed(&with, &[c, b], false, |r| {
        r.remove(Some(0), &a.text());
    })
    .unwrap();
    assert!(opens(&without, &[&d, c]) && !opens(&without, &[a, c]));
    assert_eq!(gone(&without, &with).len(), 2, "the stanza of d counts from 0 now");
    let new = rekeyed(&without, &[&d, b], true, |_| ()).unwrap();
    assert!(opens(&new, &[&d, c]) && opens(&new, &[b, c]) && !opens(&new, &[a, b]));
}

#[test]
fn groups_come_and_go() {
    let people = [Person::new(), Person::new(), Person::new()];
    let [a, b, c] = &people;
    let flat = sealed(vec![a.recipient.clone(), c.recipient.clone()].into());
    let shared = rekeyed(&flat, &[a], false, |r| *r = of_three(&people, 2)).unwrap();
    assert!(opens(&shared, &[a, b]) && !opens(&shared, &[a]) && !opens(&shared, &[c]));
    let all = rekeyed(&shared, &[a, b], false, |r| *r = of_three(&people, 3)).unwrap();
    assert!(opens(&all, &[a, b, c]) && !opens(&all, &[a, b]));
    let two = Readers::new(vec![vec![a.text()], vec![b.text()]], None).unwrap();
    let fewer = rekeyed(&shared, &[a, c], false, |r| *r = two).unwrap();
    assert!(opens(&fewer, &[a, b]) && !opens(&fewer, &[a, c]));
    let again = rekeyed(&fewer, &[a, b], false, |r| *r = Readers::one(vec![b.text()])).unwrap();
    assert!(opens(&again, &[b]) && !opens(&again, &[a]));
    assert!(!lines(&again).iter().any(|l| l.contains("shamir") || l.contains("key_groups")));
    assert_eq!(gone(&sealed(vec![b.recipient.clone()].into()), &again).len(), 5, "laid out like a new one");
}

/// A recipient that only sops can ask, put into a flat list or a group.
fn with_foreign(file: &[u8], prefix: &str) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    let line = |name: &str| format!("sops_{prefix}pgp__list_0__map_{name}=X\n");
    format!("{text}{}{}sops_of_tomorrow=1\n", line("enc"), line("fp")).into_bytes()
}

#[test]
fn who_only_sops_can_ask_stays_and_stands_in_the_way_of_a_new_key() {
    let people = [Person::new(), Person::new(), Person::new()];
    let [a, b, c] = &people;
    let blocked = |r: Result<Vec<u8>>| -> Error { r.expect_err("it cannot be wrapped for pgp") };
    let flat = with_foreign(&sealed(vec![a.recipient.clone()].into()), "");
    let with = rekeyed(&flat, &[a], false, |r| {
        r.add(0, &b.text());
    })
    .unwrap();
    assert!(opens(&with, &[b]) && gone(&flat, &with).is_empty());
    assert!(blocked(rekeyed(&flat, &[a], true, |_| ())).to_string().contains("pgp"));
    assert!(blocked(rekeyed(&flat, &[a], false, |r| *r = of_three(&people, 2))).to_string().contains("pgp"));

    let shared = with_foreign(&sealed(of_three(&people, 2)), "key_groups__list_1__map_");
    let with = rekeyed(&shared, &[a, b], false, |r| {
        r.add(1, &Person::new().text());
    })
    .unwrap();
    assert!(gone(&shared, &with).is_empty() && gone(&with, &shared).len() == 2);
    assert!(
        blocked(rekeyed(&shared, &[a, c], false, |r| {
            r.add(1, &Person::new().text());
        }))
        .to_string()
        .contains("split")
    );
    assert!(
        rekeyed(&shared, &[a, c], false, |r| {
            r.remove(Some(2), &a.text());
        })
        .is_ok()
    );
}

#[test]
fn the_comment_of_an_ssh_key_is_exchanged_without_wrapping() {
    let a = Person::new();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF/vgVxsSQ0jwRdZAJdGRcgc/6L9RHxpLiA3qAwhBZWw";
    let before = sealed(vec![a.recipient.clone(), Recipient::parse(&format!("{key} old")).unwrap()].into());
    let wanted = Readers::one(vec![format!("{key} new"), a.text()]);
    let after = rekeyed(&before, &[&a], false, |r| *r = wanted).unwrap();
    assert_eq!(
        String::from_utf8(before).unwrap().replace(" old\n", " new\n"),
        String::from_utf8(after).unwrap()
    );
}

#[test]
fn a_changed_file_is_not_rekeyed() {
    let a = Person::new();
    let file = String::from_utf8(sealed(vec![a.recipient.clone()].into())).unwrap();
    let forged = file.replace("in clear", "in cleer");
    let error = rekeyed(forged.as_bytes(), &[&a], true, |_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Integrity);
}
