use crate::world::{World, at, names};

#[test]
fn an_impossible_jump_names_both_fixes() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let mut event = world.report();
    event.position = Some(at(-4.0435, 39.6682));
    let changes = world.send(&event);
    assert_eq!(names(&changes), ["gnss-implausible raised"]);
    assert_eq!(changes[0].1.causes.len(), 2);
}

#[test]
fn a_ferry_a_truck_and_a_stale_fix_are_no_jump() {
    let mut world = World::new();
    world.drive(3);
    world.wait(3600);
    let mut event = world.report();
    // 100 km in an hour.
    event.position = Some(at(-0.39, 36.8219));
    let changes = world.send(&event);
    assert!(!names(&changes).contains(&"gnss-implausible raised".to_owned()), "{:?}", names(&changes));
    world.wait(10);
    let mut event = world.report();
    let mut place = at(10.0, 10.0);
    place.fix = plomb_model::Fix::Network;
    event.position = Some(place);
    assert_eq!(names(&world.send(&event)), Vec::<String>::new());
}
