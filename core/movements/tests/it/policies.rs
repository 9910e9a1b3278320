//! Policies are data: five are shipped, and what is wrong with another is told.

use plomb_movements::Policy;

#[test]
fn five_are_shipped() {
    let names: Vec<String> = Policy::shipped().iter().map(|policy| policy.name.to_string()).collect();
    assert_eq!(names, ["eac", "zw", "in", "eaeu", "eu"]);
    let eaeu = &Policy::shipped()[3];
    assert_eq!((eaeu.deviation_m, eaeu.codes.get("seal-cut").unwrap().as_ref()), (50_000, "01"));
}

#[test]
fn a_wrong_one_says_what() {
    for (text, why) in [
        ("name", "line 1: it must be `name = value`"),
        ("name = a\nname = b", "name: it comes twice"),
        ("name = a", "class: it is missing"),
    ] {
        assert_eq!(Policy::parse(text).unwrap_err().to_string(), why);
    }
    let whole = "name = a\ntitle = b\nlimit_h = 1\nclass = active\nbattery_min_percent = 101\nfix_age_s_max = 1\ndeviation_m = 1\nstop_min = 1\ndischarges_by_itself = no\nopenings_need_authority = no\nacknowledge_critical_s = 1\nacknowledge_high_s = 1\n";
    assert_eq!(
        Policy::parse(whole).unwrap_err().to_string(),
        "battery_min_percent: it must be from 0 to 100"
    );
    let extra = whole.replace("101", "10") + "colour = red\n";
    assert_eq!(Policy::parse(&extra).unwrap_err().to_string(), "colour: a policy has no such field");
}
