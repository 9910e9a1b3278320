//! CC015C (declaration), CC029C (release for transit) and CC043C (unloading permission) to the form of a movement.

use plomb_movements::{Fault, Form};
use plomb_xml::{Element, parse};

/// Messages that declare a movement.
const READ: [&str; 3] = ["CC015C", "CC029C", "CC043C"];

/// The form of the movement that a message is about.
///
/// Units are the containers of `TransportEquipment`, or the means of transport at departure where there is no container;
/// seals stand below their unit. What a movement does not hold is left aside.
///
/// # Errors
/// What is no such message, or lacks what names a movement.
pub fn read_ncts(bytes: &[u8]) -> Result<Form, Fault> {
    let root = parse(bytes).map_err(|fault| Fault::new(format!("line {}", fault.line), fault.why))?;
    // Some systems wrap the message in an element of their own.
    let message = if READ.contains(&root.local.as_str()) { Some(&root) } else { first(&root) };
    let Some(message) = message else {
        let why = format!("<{}> is none of {}", root.local, READ.join(", "));
        return Err(Fault::new(format!("line {}", root.line), why));
    };
    let mut form = Form::new();
    let mut put = |field: &str, text: Option<&str>| {
        if let Some(text) = text {
            form.put(field, text);
        }
    };
    let mrn = message.text_at("TransitOperation/MRN");
    put("lrn", message.text_at("TransitOperation/LRN").or(mrn));
    put("mrn", mrn);
    put("departure", message.text_at("CustomsOfficeOfDeparture/referenceNumber"));
    let destination = ["CustomsOfficeOfDestinationDeclared", "CustomsOfficeOfDestinationActual"];
    let destination =
        destination.iter().find_map(|office| message.text_at(&format!("{office}/referenceNumber")));
    put("destination", destination);
    let limit = message.text_at("TransitOperation/limitDate").map(|date| format!("{date}T23:59:59Z"));
    put("limit", limit.as_deref());
    let holder =
        message.child("HolderOfTheTransitProcedure").or_else(|| message.child("TraderAtDestination"));
    party("holder", holder, &mut put);
    if let Some(guarantee) = message.at("Guarantee/GuaranteeReference") {
        put("guarantee", guarantee.text_at("GRN"));
        let amount = guarantee.text_at("amountToBeCovered").zip(guarantee.text_at("currency"));
        put("guaranteed", amount.map(|(amount, currency)| format!("{amount} {currency}")).as_deref());
    }
    if let Some(consignment) = message.child("Consignment") {
        of_consignment(consignment, &mut put);
    }
    if form.get("lrn").is_none() {
        let why = format!("<{}> has neither LRN nor MRN", message.local);
        return Err(Fault::new(format!("line {}", message.line), why));
    }
    Ok(form)
}

/// The first message that declares a movement, at any depth.
fn first(element: &Element) -> Option<&Element> {
    let here = element.children.iter().find(|child| READ.contains(&child.local.as_str()));
    here.or_else(|| element.children.iter().find_map(first))
}

fn party(role: &str, party: Option<&Element>, put: &mut impl FnMut(&str, Option<&str>)) {
    let Some(party) = party else { return };
    let id = party.text_at("identificationNumber").or_else(|| party.text_at("TIRHolderIdentificationNumber"));
    put(&format!("{role}.name"), party.text_at("name").or(id));
    put(&format!("{role}.id"), id);
}

fn of_consignment(consignment: &Element, put: &mut impl FnMut(&str, Option<&str>)) {
    let houses: Vec<&Element> = consignment.all("HouseConsignment").collect();
    for (role, name) in [("consignor", "Consignor"), ("consignee", "Consignee")] {
        let of_house = || houses.iter().find_map(|house| house.child(name));
        party(role, consignment.child(name).or_else(of_house), put);
    }
    party("carrier", consignment.child("Carrier"), put);
    let means = consignment.child("DepartureTransportMeans");
    let means = means.or_else(|| houses.iter().find_map(|house| house.child("DepartureTransportMeans")));
    let mut unit = 0;
    for equipment in consignment.all("TransportEquipment") {
        unit += 1;
        match equipment.text_at("containerIdentificationNumber") {
            Some(container) => {
                put(&format!("unit.{unit}.kind"), Some("container"));
                put(&format!("unit.{unit}.number"), Some(container));
            }
            None => of_means(unit, means, put),
        }
        for (seal, number) in equipment.all("Seal").filter_map(|seal| seal.text_at("identifier")).zip(1..) {
            put(&format!("unit.{unit}.seal.{number}"), Some(seal));
        }
    }
    if unit == 0 && means.is_some() {
        of_means(1, means, put);
    }
    let items = houses.iter().flat_map(|house| house.all("ConsignmentItem"));
    for (item, number) in items.zip(1..) {
        let code = item.at("Commodity/CommodityCode");
        let hs = code.map(|code| {
            let part = |name: &str| code.text_at(name).unwrap_or_default();
            format!("{}{}", part("harmonizedSystemSubHeadingCode"), part("combinedNomenclatureCode"))
        });
        put(&format!("goods.{number}.hs"), hs.as_deref());
        put(&format!("goods.{number}.description"), item.text_at("Commodity/descriptionOfGoods"));
        let gross = item.text_at("Commodity/GoodsMeasure/grossMass").map(whole_kilograms);
        put(&format!("goods.{number}.gross_kg"), gross.as_deref());
    }
}

/// A unit by the means of transport: `typeOfIdentification` of CL750, 20 a wagon, 31 a trailer.
fn of_means(unit: usize, means: Option<&Element>, put: &mut impl FnMut(&str, Option<&str>)) {
    let Some(means) = means else { return };
    let kind = match means.text_at("typeOfIdentification") {
        Some("20" | "21") => "wagon",
        Some("31") => "trailer",
        _ => "truck",
    };
    put(&format!("unit.{unit}.kind"), Some(kind));
    put(&format!("unit.{unit}.number"), means.text_at("identificationNumber"));
}

/// A decimal number of kilograms, rounded up: a load is never declared lighter than it is.
fn whole_kilograms(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().any(|digit| digit != b'0') => {
            whole.parse::<u64>().map_or_else(|_| text.to_owned(), |whole| (whole + 1).to_string())
        }
        Some((whole, _)) => whole.to_owned(),
        None => text.to_owned(),
    }
}
