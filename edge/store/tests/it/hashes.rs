//! The hashes of the tree on disk against the tree in memory.

use std::fs::OpenOptions;

use plomb_evidence::log::Tile;
use plomb_evidence::merkle::{
    Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash, leaves, subtree_root, verify_consistency,
};
use plomb_store::HashFiles;

use crate::support::Directory;

const SIZE: u64 = 66_321;

fn hashes() -> Vec<Hash> {
    (0..SIZE).map(|entry| leaf_hash(&entry.to_be_bytes())).collect()
}

#[test]
fn proofs_from_disk_are_those_from_memory() {
    let directory = Directory::new();
    let (files, hashes) = (HashFiles::open(directory.path(), u64::MAX).unwrap(), hashes());
    let mut tree = Frontier::default();
    let mut rest = &hashes[..];
    for (step, part) in [1, 254, 1, 1, 300, 65_000].into_iter().cycle().enumerate() {
        let (now, later) = rest.split_at(part.min(rest.len()));
        files.extend(now).unwrap();
        tree.extend(now.iter().copied());
        rest = later;
        assert_eq!(
            subtree_root(0, files.size(), &mut |node| files.node(node)).unwrap(),
            tree.root(),
            "{step}"
        );
        if rest.is_empty() {
            break;
        }
    }
    for index in [0, 255, 256, 65_535, 65_536, SIZE - 1] {
        let proof = inclusion_proof(index, SIZE, &mut |node| files.node(node)).unwrap();
        assert_eq!(proof, inclusion_proof(index, SIZE, &mut leaves(&hashes)).unwrap(), "{index}");
    }
    let mut older = Frontier::default();
    older.extend(hashes[..70].iter().copied());
    let proof = consistency_proof(70, SIZE, &mut |node| files.node(node)).unwrap();
    assert!(verify_consistency(70, SIZE, &older.root(), &tree.root(), &proof));
    let tile = files.tile(&"tile/0/259.p/17".parse().unwrap()).unwrap();
    assert_eq!(tile.unwrap().len(), 17 * 32);
    assert_eq!(files.tile(&Tile { level: 0, index: 259, width: 18 }).unwrap(), None);
    assert_eq!(files.tile(&Tile { level: 2, index: 0, width: 1 }).unwrap().map(|tile| tile.len()), Some(32));
}

#[test]
fn what_a_crash_leaves_is_made_again() {
    let directory = Directory::new();
    let hashes = hashes();
    HashFiles::open(directory.path(), u64::MAX).unwrap().extend(&hashes[..600]).unwrap();
    // Half a hash at the end of the leaves, and a root too many above: the leaves it stands for were lost.
    let leaves_file = OpenOptions::new().write(true).open(directory.path().join("0.hashes")).unwrap();
    leaves_file.set_len(400 * 32 + 5).unwrap();
    let files = HashFiles::open(directory.path(), u64::MAX).unwrap();
    assert_eq!(files.size(), 400);
    assert_eq!(files.tile(&Tile { level: 1, index: 0, width: 2 }).unwrap(), None);
    files.extend(&hashes[400..]).unwrap();
    let mut tree = Frontier::default();
    tree.extend(hashes.iter().copied());
    assert_eq!(subtree_root(0, SIZE, &mut |node| files.node(node)).unwrap(), tree.root());
    // What was not known to be durable is not believed.
    drop(files);
    let files = HashFiles::open(directory.path(), 500).unwrap();
    assert_eq!(files.size(), 500);
    files.extend(&hashes[500..]).unwrap();
    assert_eq!(subtree_root(0, SIZE, &mut |node| files.node(node)).unwrap(), tree.root());
    // The roots are lost, the leaves are not.
    drop(files);
    std::fs::remove_file(directory.path().join("1.hashes")).unwrap();
    let files = HashFiles::open(directory.path(), u64::MAX).unwrap();
    assert_eq!(subtree_root(0, SIZE, &mut |node| files.node(node)).unwrap(), tree.root());
}
