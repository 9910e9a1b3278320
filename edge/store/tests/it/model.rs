//! Random lives of a journal, compared with a list after every step.

use plomb_model::EntryId;
use plomb_store::Order;
use proptest::prelude::*;

use crate::oracle::{Known, Oracle};
use crate::support::{Directory, append, open, wait_sealed};

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Known>),
    Seal,
    Reopen,
    History { number: u64, from: i64, length: i64, descending: bool, limit: usize },
    Entry(prop::sample::Index),
    Replay(prop::sample::Index),
}

fn known() -> impl Strategy<Value = Known> {
    // Few devices and few times, so that all sorts of ties happen; some entries larger than a block of history.
    let fill = prop_oneof![20 => 0..200_usize, 1 => 3_000..20_000_usize];
    (0..6_u64, prop::option::of(0..6_u64), prop::collection::vec(-20..60_i64, 1..4), fill)
        .prop_map(|(sender, peripheral, times, fill)| Known::report(sender, peripheral, &times, fill))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(known(), 1..40).prop_map(Step::Append),
        1 => Just(Step::Seal),
        1 => Just(Step::Reopen),
        6 => (0..7_u64, -30..70_i64, 0..80_i64, any::<bool>(), 1..20_usize).prop_map(
            |(number, from, length, descending, limit)| Step::History { number, from, length, descending, limit },
        ),
        3 => any::<prop::sample::Index>().prop_map(Step::Entry),
        1 => any::<prop::sample::Index>().prop_map(Step::Replay),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_is_a_list(steps in prop::collection::vec(step(), 1..40)) {
        let directory = Directory::new();
        let mut oracle = Oracle::default();
        let mut journal = open(&directory).0;
        for step in steps {
            match step {
                Step::Append(entries) => {
                    let bytes: Vec<_> = entries.iter().map(|entry| entry.bytes.clone()).collect();
                    let first = oracle.next();
                    oracle.add(entries);
                    // Twenty large entries do not fit one batch of these small segments.
                    let mut next = first;
                    let mut last = None;
                    for part in bytes.chunks(2) {
                        last = Some(append(&journal, next, part).unwrap());
                        next += part.len() as u64;
                    }
                    let last = last.unwrap();
                    prop_assert_eq!((last.end.0, last.tree_size, last.root), (oracle.next(), oracle.next(), oracle.tree.root()));
                }
                Step::Seal => {
                    journal.rotate();
                    append(&journal, oracle.next(), &[]).unwrap();
                    wait_sealed(&journal);
                }
                Step::Reopen => {
                    journal.close();
                    let (reopened, recovered) = open(&directory);
                    prop_assert_eq!((recovered.next_entry.0, recovered.root), (oracle.next(), oracle.tree.root()));
                    prop_assert_eq!(recovered.torn, None);
                    journal = reopened;
                }
                Step::History { number, from, length, descending, limit } => {
                    let order = if descending { Order::Descending } else { Order::Ascending };
                    oracle.check_history(&journal, number, (from, from + length), order, limit);
                }
                Step::Entry(place) => {
                    let id = place.index(oracle.entries.len() + 1);
                    let expected = oracle.entries.get(id).map(|known| known.bytes.clone());
                    prop_assert_eq!(journal.reader().entry(EntryId(id as u64)).unwrap(), expected);
                }
                Step::Replay(place) => oracle.check_whole(&journal, place.index(oracle.entries.len() + 1) as u64),
            }
        }
        oracle.check_whole(&journal, 0);
    }
}
