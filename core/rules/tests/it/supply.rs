use plomb_model::{AlarmKind, Percent, Reading};

use crate::world::{World, names};

#[test]
fn a_low_battery_is_raised_below_15_and_ends_at_20() {
    let mut world = World::new();
    world.drive(3);
    let mut told = Vec::new();
    for percent in [16, 15, 14, 15, 14, 19, 18, 20, 21] {
        world.wait(10);
        let mut event = world.report();
        event.readings = vec![Reading::Battery(Percent::new(percent).unwrap())];
        for name in names(&world.send(&event)) {
            told.push((percent, name));
        }
    }
    assert_eq!(told, [(14, "low-battery raised".to_owned()), (20, "low-battery cleared".to_owned())]);
    assert_eq!(world.alarm(AlarmKind::LowBattery).unwrap().repeats, 1);
}
