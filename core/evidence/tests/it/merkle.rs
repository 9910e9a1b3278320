//! The reference vectors of Certificate Transparency (RFC 6962), and what must hold for every tree.

use plomb_evidence::merkle::{
    Frontier, Hash, Node, NodeError, ProofError, consistency_proof, empty_root, inclusion_proof, leaf_hash,
    leaves, subtree_root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

/// The leaves of the reference tree.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Its roots with 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hashes(count: usize) -> Vec<Hash> {
    (0..count).map(|leaf| leaf_hash(&leaf.to_le_bytes())).collect()
}

fn root(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    frontier.extend(hashes.iter().copied());
    frontier.root()
}

fn texts(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(ToString::to_string).collect()
}

#[test]
fn roots_of_the_reference() {
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), empty_root());
    assert_eq!(empty_root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (leaf, expected) in LEAVES.iter().zip(ROOTS) {
        frontier.push(leaf_hash(leaf));
        assert_eq!(frontier.root().to_string(), expected);
    }
}

#[test]
fn proofs_of_the_reference() {
    let hashes = LEAVES.map(leaf_hash);
    let proof = inclusion_proof(0, 8, &mut leaves(&hashes)).unwrap();
    assert_eq!(
        texts(&proof),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let proof = inclusion_proof(5, 8, &mut leaves(&hashes)).unwrap();
    assert_eq!(
        texts(&proof),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    let proof = consistency_proof(6, 8, &mut leaves(&hashes)).unwrap();
    assert_eq!(
        texts(&proof),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_entry_of_every_small_tree_is_proved_and_no_other() {
    let all = hashes(40);
    for size in 1..=all.len() {
        let (tree, root) = (&all[..size], root(&all[..size]));
        assert_eq!(subtree_root(0, size as u64, &mut leaves(tree)), Ok(root));
        for (index, leaf) in tree.iter().enumerate() {
            let proof = inclusion_proof(index as u64, size as u64, &mut leaves(tree)).unwrap();
            assert!(verify_inclusion(leaf, index as u64, size as u64, &proof, &root));
            for other in 0..=size as u64 {
                assert_eq!(
                    verify_inclusion(leaf, other, size as u64, &proof, &root),
                    other == index as u64,
                    "{index} as {other} of {size}"
                );
            }
        }
    }
}

#[test]
fn every_pair_of_small_trees_is_consistent() {
    let all = hashes(40);
    let roots: Vec<_> = (0..=all.len()).map(|size| root(&all[..size])).collect();
    for new in 0..=all.len() {
        for old in 0..=new {
            let (from, to) = (old as u64, new as u64);
            let proof = consistency_proof(from, to, &mut leaves(&all[..new])).unwrap();
            assert!(verify_consistency(from, to, &roots[old], &roots[new], &proof), "{old} to {new}");
            if old > 0 && old < new {
                assert!(!verify_consistency(from, to, &roots[old - 1], &roots[new], &proof));
                assert!(!verify_consistency(from, to, &roots[old], &roots[old], &proof));
                let mut longer = proof.clone();
                longer.push(all[0]);
                assert!(!verify_consistency(from, to, &roots[old], &roots[new], &longer));
                assert!(!verify_consistency(from, to, &roots[old], &roots[new], &proof[1..]));
            }
        }
    }
}

#[test]
fn what_is_not_there_is_not_proved() {
    let all = hashes(5);
    let asked = inclusion_proof(5, 5, &mut leaves(&all));
    assert_eq!(asked, Err(ProofError::Range { asked: 5, size: 5 }));
    assert_eq!(consistency_proof(6, 5, &mut leaves(&all)), Err(ProofError::Range { asked: 6, size: 5 }));
    let failing = inclusion_proof(0, 9, &mut leaves(&all));
    assert_eq!(failing, Err(ProofError::Source(NodeError { level: 2, index: 1 })));
    assert!(leaves(&all)(Node { level: 70, index: 0 }).is_err());
    assert!(!verify_inclusion(&all[0], 0, 0, &[], &empty_root()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_proof_with_a_bit_flipped_proves_nothing(
        size in 1..600_usize,
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bit in 0..256_usize,
    ) {
        let all = hashes(size);
        let (index, root) = (index.index(size), root(&all));
        let (number, count) = (index as u64, size as u64);
        let proof = inclusion_proof(number, count, &mut leaves(&all)).unwrap();
        prop_assert!(verify_inclusion(&all[index], number, count, &proof, &root));
        let flip = |hash: &Hash| {
            let mut hash = *hash;
            hash.0[bit / 8] ^= 1 << (bit % 8);
            hash
        };
        prop_assert!(!verify_inclusion(&flip(&all[index]), number, count, &proof, &root));
        prop_assert!(!verify_inclusion(&all[index], number, count, &proof, &flip(&root)));
        if !proof.is_empty() {
            let mut broken = proof.clone();
            let place = place.index(proof.len());
            broken[place] = flip(&broken[place]);
            prop_assert!(!verify_inclusion(&all[index], number, count, &broken, &root));
            prop_assert!(!verify_inclusion(&all[index], number, count, &proof[1..], &root));
        }
    }

    #[test]
    fn large_trees_are_consistent(old in 1..600_usize, more in 1..600_usize, bit in 0..256_usize) {
        let all = hashes(old + more);
        let (old_root, root) = (root(&all[..old]), root(&all));
        let (from, to) = (old as u64, all.len() as u64);
        let mut proof = consistency_proof(from, to, &mut leaves(&all)).unwrap();
        prop_assert!(verify_consistency(from, to, &old_root, &root, &proof));
        proof[0].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_consistency(from, to, &old_root, &root, &proof));
    }

    #[test]
    fn a_frontier_goes_on_where_it_was_put_down(before in 0..300_usize, after in 0..300_usize) {
        let all = hashes(before + after);
        let mut frontier = Frontier::default();
        frontier.extend(all[..before].iter().copied());
        let mut bytes = Vec::new();
        frontier.encode(&mut bytes);
        let mut again = Frontier::decode(&bytes).unwrap();
        again.extend(all[before..].iter().copied());
        prop_assert_eq!(again.size(), all.len() as u64);
        prop_assert_eq!(again.root(), root(&all));
        bytes.push(0);
        prop_assert!(Frontier::decode(&bytes).is_err());
    }
}

/// Another implementation of RFC 6962 as judge: the crate `ct-merkle`.
mod judged {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use plomb_evidence::merkle::{
        Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash, leaves, many_proof, root_of_many,
    };
    use proptest::prelude::*;
    use sha2::Sha256;

    fn concatenated(proof: &[Hash]) -> Vec<u8> {
        proof.iter().flat_map(|hash| hash.0).collect()
    }

    proptest! {
        #[test]
        fn roots_and_proofs_are_those_of_another_implementation(size in 1_usize..200, one in any::<prop::sample::Index>()) {
            let place = one.index(size);
            let entries: Vec<Vec<u8>> = (0..size).map(|entry| entry.to_string().into_bytes()).collect();
            let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            let mut older = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            let mut ours = Frontier::default();
            for (number, entry) in entries.iter().enumerate() {
                theirs.push(entry.clone());
                if number <= place {
                    older.push(entry.clone());
                }
                ours.push(leaf_hash(entry));
            }
            let root = ours.root();
            prop_assert_eq!(root.0.to_vec(), theirs.root().as_bytes().to_vec());
            let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            let proof = inclusion_proof(place as u64, size as u64, &mut leaves(&hashes)).unwrap();
            prop_assert_eq!(concatenated(&proof), theirs.prove_inclusion(place).as_bytes().to_vec());
            if place + 1 < size {
                let proof = consistency_proof(place as u64 + 1, size as u64, &mut leaves(&hashes)).unwrap();
                let additions = size - older.len() as usize;
                prop_assert_eq!(concatenated(&proof), theirs.prove_consistency(additions).as_bytes().to_vec());
            }
        }

        #[test]
        fn many_leaves_are_proved_at_once(size in 0_u64..300, chosen in prop::collection::btree_set(0_u64..300, 0..20)) {
            let hashes: Vec<Hash> = (0..size).map(|entry| leaf_hash(&entry.to_be_bytes())).collect();
            let mut tree = Frontier::default();
            tree.extend(hashes.iter().copied());
            let indexes: Vec<u64> = chosen.into_iter().filter(|index| *index < size).collect();
            let proof = many_proof(&indexes, size, &mut leaves(&hashes)).unwrap();
            let known: Vec<(u64, Hash)> = indexes.iter().map(|index| (*index, hashes[*index as usize])).collect();
            prop_assert_eq!(root_of_many(&known, size, &proof), Ok(tree.root()));
            if let Some((place, _)) = known.first() {
                let mut forged = known.clone();
                forged[0] = (*place, leaf_hash(b"another"));
                prop_assert_ne!(root_of_many(&forged, size, &proof), Ok(tree.root()));
                prop_assert!(root_of_many(&known[1..], size, &proof) != Ok(tree.root()));
            }
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(root_of_many(&known, size, shorter).is_err());
            }
        }
    }
}
