//! ASYCUDA World: the single administrative document (`ASYCUDA`) and the manifest (`Awmds`) to forms of movements.
//!
//! There is no public schema, and countries have their own variants: names are looked for at any depth and without regard
//! to case, and what is not there is left out.

use plomb_movements::{Fault, Form};
use plomb_xml::{Element, parse};

/// The forms of the movements in a document: one of a declaration, one a bill of lading of a manifest.
///
/// # Errors
/// What is no document of ASYCUDA, or names no movement.
pub fn read_asycuda(bytes: &[u8]) -> Result<Vec<Result<Form, Fault>>, Fault> {
    let root = parse(bytes).map_err(|fault| Fault::new(format!("line {}", fault.line), fault.why))?;
    match root.local.to_ascii_lowercase().as_str() {
        "asycuda" => Ok(vec![declaration(&root)]),
        "awmds" => {
            let mut bills = Vec::new();
            collect(&root, &["bol_segment", "bol"], &mut bills);
            if bills.is_empty() {
                return Err(Fault::new(format!("line {}", root.line), "the manifest holds no Bol_segment"));
            }
            Ok(bills.into_iter().map(|bill| of_bill(&root, bill)).collect())
        }
        _ => Err(Fault::new(
            format!("line {}", root.line),
            format!("<{}> is neither ASYCUDA nor Awmds", root.local),
        )),
    }
}

/// Elements of these names, at any depth.
fn collect<'a>(element: &'a Element, names: &[&str], found: &mut Vec<&'a Element>) {
    for child in &element.children {
        if names.contains(&child.local.to_ascii_lowercase().as_str()) {
            found.push(child);
        } else {
            collect(child, names, found);
        }
    }
}

/// The first text of one of these names, at any depth.
fn text<'a>(element: &'a Element, names: &[&str]) -> Option<&'a str> {
    for child in &element.children {
        if names.contains(&child.local.to_ascii_lowercase().as_str())
            && !child.text.is_empty()
            && child.text != "null"
        {
            return Some(&child.text);
        }
    }
    element.children.iter().find_map(|child| text(child, names))
}

/// The first element of one of these names, at any depth.
fn within<'a>(element: &'a Element, names: &[&str]) -> Option<&'a Element> {
    let mut found = Vec::new();
    collect(element, names, &mut found);
    found.into_iter().next()
}

fn declaration(root: &Element) -> Result<Form, Fault> {
    let mut form = Form::new();
    let mut put = |field: &str, text: Option<&str>| {
        if let Some(text) = text {
            form.put(field, text);
        }
    };
    let reference = text(root, &["reference_number", "declarant_reference", "number"]);
    let registration = within(root, &["registration"]).and_then(|found| text(found, &["number"]));
    put("lrn", reference.or(registration));
    put("mrn", registration);
    let office =
        within(root, &["office_segment"]).and_then(|found| text(found, &["customs_clearance_office_code"]));
    put("departure", office);
    let transit = within(root, &["transit"]);
    let destination =
        transit.and_then(|found| text(found, &["office_of_destination", "destination_office", "office"]));
    put("destination", destination);
    for (role, names) in [
        ("consignor", ["exporter", "exporter"]),
        ("consignee", ["consignee", "consignee"]),
        ("holder", ["declarant", "principal"]),
    ] {
        if let Some(party) = within(root, &names) {
            let id = text(party, &["exporter_code", "consignee_code", "declarant_code", "principal_code"]);
            let name = text(party, &["exporter_name", "consignee_name", "declarant_name", "principal_name"]);
            put(&format!("{role}.name"), name.map(|name| name.lines().next().unwrap_or(name)).or(id));
            put(&format!("{role}.id"), id);
        }
    }
    let mut containers = Vec::new();
    collect(root, &["container"], &mut containers);
    let numbers: Vec<&str> = containers
        .iter()
        .filter_map(|found| text(found, &["container_identity", "container_number"]))
        .collect();
    let seal =
        transit.and_then(|found| within(found, &["seals"])).and_then(|seals| text(seals, &["identity"]));
    for (number, place) in numbers.iter().zip(1..) {
        put(&format!("unit.{place}.number"), Some(number));
        if place == 1 {
            put("unit.1.seal.1", seal);
        }
    }
    if numbers.is_empty() {
        let means = within(root, &["means_of_transport"]).and_then(|means| text(means, &["identity"]));
        put("unit.1.kind", means.map(|_| "truck"));
        put("unit.1.number", means);
        put("unit.1.seal.1", means.and(seal));
    }
    let mut items = Vec::new();
    collect(root, &["item"], &mut items);
    for (item, place) in items.into_iter().zip(1..) {
        put(&format!("goods.{place}.hs"), text(item, &["commodity_code"]));
        put(
            &format!("goods.{place}.description"),
            text(item, &["commercial_description", "description_of_goods"]),
        );
        let gross = text(item, &["gross_weight_itm", "gross_weight"])
            .map(|text| text.split('.').next().unwrap_or(text));
        put(&format!("goods.{place}.gross_kg"), gross);
    }
    named(form, root)
}

fn of_bill(root: &Element, bill: &Element) -> Result<Form, Fault> {
    let mut form = Form::new();
    let mut put = |field: &str, text: Option<&str>| {
        if let Some(text) = text {
            form.put(field, text);
        }
    };
    put("lrn", text(bill, &["bol_reference", "bol_id"]));
    put("departure", text(root, &["customs_office_code"]));
    put("destination", text(bill, &["place_of_unloading_code", "location_code"]));
    for (role, name) in [("consignor", "exporter"), ("consignee", "consignee")] {
        if let Some(party) = within(bill, &[name]) {
            put(&format!("{role}.name"), text(party, &[&format!("{name}_name")]));
            put(&format!("{role}.id"), text(party, &[&format!("{name}_code")]));
        }
    }
    put("carrier.name", text(root, &["carrier_name"]));
    put("carrier.id", text(root, &["carrier_code"]));
    let mut containers = Vec::new();
    collect(bill, &["ctn_segment", "container"], &mut containers);
    for (container, place) in containers.into_iter().zip(1..) {
        put(&format!("unit.{place}.number"), text(container, &["ctn_reference", "reference"]));
        let marks = ["marks1", "mark1", "marks2", "mark2", "marks3", "mark3"];
        let seals = marks.iter().filter_map(|mark| text(container, &[mark]));
        for (seal, number) in seals.zip(1..) {
            put(&format!("unit.{place}.seal.{number}"), Some(seal));
        }
    }
    put("goods.1.description", text(bill, &["goods_description"]));
    put("goods.1.hs", text(bill, &["commodity_code", "hs_code"]));
    let gross = text(bill, &["gross_mass"]).map(|text| text.split('.').next().unwrap_or(text));
    put("goods.1.gross_kg", gross);
    named(form, bill)
}

/// The form, if it has a reference.
fn named(form: Form, element: &Element) -> Result<Form, Fault> {
    if form.get("lrn").is_some() {
        return Ok(form);
    }
    Err(Fault::new(
        format!("line {}", element.line),
        "it has no reference by which the movement could be named",
    ))
}
