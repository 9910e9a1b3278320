//! Signed notes, checkpoints and tiles, with the published example of Go's `golang.org/x/mod/sumdb/note` package.

use plomb_evidence::log::{Checkpoint, KeyError, KeyKind, Note, NoteError, SigningKey, Tile, VerifyingKey};
use plomb_evidence::merkle::leaf_hash;
use proptest::prelude::*;

/// Documentation of golang.org/x/mod/sumdb/note, "Signing and verifying" (BSD-3-Clause).
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn key() -> VerifyingKey {
    KEY.parse().unwrap()
}

fn witness(name: &str) -> SigningKey {
    SigningKey::new(name, KeyKind::Cosignature, &[9; 32]).unwrap()
}

#[test]
fn the_published_note_verifies_and_is_signed_alike() {
    let note: Note = NOTE.parse().unwrap();
    let by: Vec<_> = note.verify(&[key()]).unwrap();
    assert_eq!(by.iter().map(|signed| &*signed.by).collect::<Vec<_>>(), ["PeterNeumann"]);
    assert_eq!(note.to_string(), NOTE);
    let secret = SigningKey::from_secret_text(SECRET).unwrap();
    assert_eq!((secret.public().to_string(), secret.to_secret_text()), (KEY.to_owned(), SECRET.to_owned()));
    let mut again = Note::new(note.text()).unwrap();
    again.sign(&secret);
    assert_eq!(again.to_string(), NOTE);
    assert!(!format!("{secret:?}").contains("AYEKFALV"), "a secret is not shown");
}

#[test]
fn what_was_changed_is_named() {
    let changed: Note = NOTE.replace("problem is", "answer is").parse().unwrap();
    assert_eq!(changed.verify(&[key()]), Err(NoteError::Signature("PeterNeumann".into())));
    let stranger = SigningKey::new("somebody", KeyKind::Note, &[1; 32]).unwrap();
    let note: Note = NOTE.parse().unwrap();
    let unknown = note.verify(&[stranger.public().clone()]).unwrap_err();
    assert_eq!(unknown, NoteError::Unknown("PeterNeumann".to_owned()));
    for (text, what) in [
        ("no signatures\n", "no empty line"),
        ("text\n\n", "does not end with a line"),
        ("text\n\nPeterNeumann x08g\n", "begins with a dash"),
        ("text\n\n\u{2014} PeterNeumann !!\n", "base64"),
        ("tab\t\n\n\u{2014} PeterNeumann x08go/Y=\n", "control"),
    ] {
        let error = text.parse::<Note>().unwrap_err().to_string();
        assert!(error.contains(what), "{text:?}: {error}");
    }
}

#[test]
fn keys_that_do_not_read_say_why() {
    let errors = [
        ("PeterNeumann", KeyError::Shape),
        ("Peter Neumann+c74f20a3+AA==", KeyError::Name("Peter Neumann".to_owned())),
        ("PeterNeumann+c74f20a3+AA==", KeyError::Key("PeterNeumann".to_owned())),
        (&KEY.replace("c74f20a3", "c74f20a4"), KeyError::Hash("PeterNeumann".to_owned())),
    ];
    for (text, error) in errors {
        assert_eq!(text.parse::<VerifyingKey>(), Err(error));
    }
}

#[test]
fn a_witness_signs_what_it_saw_and_when() {
    let origin = SigningKey::new("plomb.example/journal", KeyKind::Note, &[7; 32]).unwrap();
    let head = Checkpoint { origin: "plomb.example/journal".into(), size: 41, root: leaf_hash(b"root") };
    let mut note = Note::new(&head.to_string()).unwrap();
    note.sign(&origin);
    let mut seen = note.clone();
    seen.cosign(&witness("partner.example"), 1_795_000_000);
    let line = seen.line_of(witness("partner.example").public()).unwrap();
    let witnesses = [witness("partner.example").public().clone()];
    assert_eq!(note.add_cosignatures(&line, &witnesses), Ok(1));
    let keys = [origin.public().clone(), witnesses[0].clone()];
    let signed = note.to_string().parse::<Note>().unwrap().verify(&keys).unwrap();
    assert_eq!(signed.iter().map(|signed| signed.seen_at_s).collect::<Vec<_>>(), [None, Some(1_795_000_000)]);
    assert_eq!(note.text().parse(), Ok(head.clone()));
    // What it signed is this checkpoint and no other.
    let other = Checkpoint { size: 42, ..head.clone() };
    let mut other = Note::new(&other.to_string()).unwrap();
    assert_eq!(
        other.add_cosignatures(&line, &witnesses),
        Err(NoteError::Signature("partner.example".into()))
    );
    // A stranger's signature is passed over.
    let mut strange = seen.clone();
    strange.cosign(&witness("stranger.example"), 5);
    let line = strange.line_of(witness("stranger.example").public()).unwrap();
    assert_eq!(note.add_cosignatures(&line, &witnesses), Ok(0));
}

#[test]
fn checkpoints_are_written_in_one_way() {
    for text in ["", "a\n1\n", "a\n01\nAAAA\n", "a\n+1\nAAAA\n", "a\n1\nAAAA\n", "\n1\n"] {
        assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
    }
}

#[test]
fn paths_of_tiles_are_those_of_the_specification() {
    let tile: Tile = "tile/0/x001/x234/067".parse().unwrap();
    assert_eq!(tile, Tile { level: 0, index: 1_234_067, width: 256 });
    assert_eq!(Tile::of(1, 1, 70_000), Some(Tile { level: 1, index: 1, width: 17 }));
    assert_eq!(Tile { level: 1, index: 1, width: 17 }.to_string(), "tile/1/001.p/17");
    assert_eq!((Tile::of(1, 2, 70_000), Tile::of(7, 0, 70_000)), (None, None));
    for wrong in
        ["tile/0/1", "tile/0/001.p/0", "tile/0/001.p/256", "tile/8/000", "tile/00/000", "tile/0/x000/001"]
    {
        assert!(wrong.parse::<Tile>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_tile_comes_back_from_its_path(level in 0_u8..8, index in any::<u64>(), width in 1_u16..=256) {
        let tile = Tile { level, index, width };
        prop_assert_eq!(tile.to_string().parse(), Ok(tile));
    }

    #[test]
    fn any_text_is_refused_or_comes_back(text in "\\PC{0,40}(\n\n\u{2014} \\PC{0,40}\n)?") {
        if let Ok(note) = text.parse::<Note>() {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}

mod witness {
    use plomb_evidence::log::{AddCheckpoint, Checkpoint, KeyKind, Note, SigningKey, WitnessRefusal};
    use plomb_evidence::merkle::{Frontier, Hash, consistency_proof, leaf_hash, leaves};

    const LOG: &str = "plomb.example/journal";

    fn log_key() -> SigningKey {
        SigningKey::new(LOG, KeyKind::Note, &[7; 32]).unwrap()
    }

    fn hashes(size: u64, history: u8) -> Vec<Hash> {
        (0..size).map(|entry| leaf_hash(&[if entry == 2 { history } else { 0 }, entry as u8])).collect()
    }

    /// What the log with `size` entries of one of two histories shows a witness who saw `old`.
    fn shown(old: u64, size: u64, history: u8) -> AddCheckpoint {
        let hashes = hashes(size, history);
        let mut tree = Frontier::default();
        tree.extend(hashes.iter().copied());
        let head = Checkpoint { origin: LOG.into(), size, root: tree.root() };
        let mut checkpoint = Note::new(&head.to_string()).unwrap();
        checkpoint.sign(&log_key());
        let proof =
            if old <= size { consistency_proof(old, size, &mut leaves(&hashes)).unwrap() } else { vec![] };
        AddCheckpoint { old, proof, checkpoint }
    }

    #[test]
    fn a_log_that_grows_is_signed_and_one_that_was_rewritten_is_not() {
        let keys = [log_key().public().clone()];
        let first = shown(0, 5, 1).judge(None, &keys).unwrap();
        let second = shown(5, 9, 1);
        assert_eq!(second.to_string().parse(), Ok(second.clone()), "it is written and read alike");
        let second = second.judge(Some(&first), &keys).unwrap();
        assert_eq!(second.size, 9);
        assert_eq!(shown(9, 9, 1).judge(Some(&second), &keys), Ok(second.clone()), "the same again");
        // Entry 2 was rewritten.
        for size in [9, 12] {
            let fork = WitnessRefusal::Fork { origin: LOG.to_owned(), known: 9, size };
            assert_eq!(shown(9, size, 2).judge(Some(&second), &keys), Err(fork));
        }
        assert_eq!(shown(5, 12, 1).judge(Some(&second), &keys), Err(WitnessRefusal::Known(9)));
        assert_eq!(shown(3, 12, 1).judge(None, &keys), Err(WitnessRefusal::Known(0)));
    }

    #[test]
    fn strangers_are_turned_away() {
        let stranger = SigningKey::new("other.example/log", KeyKind::Note, &[8; 32]).unwrap();
        let unknown = shown(0, 5, 1).judge(None, &[stranger.public().clone()]);
        assert_eq!(unknown, Err(WitnessRefusal::Origin(LOG.to_owned())));
        let forger = SigningKey::new(LOG, KeyKind::Note, &[8; 32]).unwrap();
        let forged = shown(0, 5, 1).judge(None, &[forger.public().clone()]);
        assert!(matches!(forged, Err(WitnessRefusal::Signature(_))), "{forged:?}");
        for text in ["", "old x\n\n", "old 1\nno hash\n\nx\n", "5\n\nx"] {
            assert!(matches!(text.parse::<AddCheckpoint>(), Err(WitnessRefusal::Shape(_))), "{text:?}");
        }
        let behind = shown(9, 5, 1).judge(None, &[log_key().public().clone()]);
        assert!(matches!(behind, Err(WitnessRefusal::Shape(_))), "{behind:?}");
    }
}
