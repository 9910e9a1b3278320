//! Devices that nobody has registered may not drown those that are ours.

use plomb_model::{AlarmKind, DeviceId, ReceivedAt, Scheme, Signal, Standing};
use plomb_rules::STRANGER_ALARMS_PER_MINUTE_MAX;

use crate::world::{World, names, with};

#[test]
fn a_flood_of_made_up_devices_raises_so_many_alarms_a_minute_and_hides_no_real_one() {
    let mut world = World::new();
    let cut = with(world.report(), Signal::RopeCut);
    let flood = |world: &mut World, from: u32| {
        let mut raised = 0;
        for number in from..from + 100 {
            let stranger = DeviceId::new(Scheme::Jointech, &format!("{number:010}")).unwrap();
            let at = ReceivedAt(world.now);
            world.state.set_standing(stranger, Standing::Unregistered, at, &mut Vec::new());
            raised += names(&world.send_from(stranger, &cut, 1)).len();
            // A repeat of one that is open costs nothing.
            world.send_from(stranger, &cut, 1);
        }
        raised
    };
    let limit = STRANGER_ALARMS_PER_MINUTE_MAX as usize;
    assert_eq!(flood(&mut world, 0), limit);
    assert!(world.state.strangers.held_back >= 100 - limit as u64);
    assert_eq!(names(&world.send(&cut)), ["seal-cut raised"], "a device of ours is heard as before");
    assert!(world.alarm(AlarmKind::SealCut).unwrap().is_open());
    let held_back = DeviceId::new(Scheme::Jointech, &format!("{:010}", 99)).unwrap();
    assert_eq!(world.state.devices.get(&held_back).unwrap().reports, 1, "its reports are kept");
    world.wait(60);
    assert_eq!(flood(&mut world, 1000), limit, "the next minute has its own");
}
