//! ASYCUDA World: there is no public sample, so these are made after the names that are known.

use plomb_customs::read_asycuda;

use crate::field;

#[test]
fn a_declaration_is_read() {
    let text = b"<?xml version='1.0'?>
<ASYCUDA>
  <Identification>
    <Office_segment><Customs_clearance_office_code>UGMAL</Customs_clearance_office_code></Office_segment>
    <Registration><Number>C 1234</Number></Registration>
  </Identification>
  <Traders>
    <Exporter><Exporter_name>Sugar Ltd
P.O. Box 1</Exporter_name><Exporter_code>P0001</Exporter_code></Exporter>
    <Consignee><Consignee_name>Baker</Consignee_name></Consignee>
  </Traders>
  <Declarant><Declarant_code>A77</Declarant_code><Declarant_name>Agents</Declarant_name>
    <Reference><Number>2026 #55</Number></Reference></Declarant>
  <Transit><Seals><Number>1</Number><Identity>KE12345</Identity></Seals>
    <Office_of_destination>RWKGL</Office_of_destination></Transit>
  <Container><Container_identity>CSQU3054383</Container_identity></Container>
  <Item><Tarification><HScode><Commodity_code>17019910</Commodity_code></HScode></Tarification>
    <Goods_description><Commercial_Description>Sugar</Commercial_Description></Goods_description>
    <Valuation_item><Weight_itm><Gross_weight_itm>20500.00</Gross_weight_itm></Weight_itm></Valuation_item></Item>
</ASYCUDA>";
    let forms = read_asycuda(text).unwrap();
    let form = forms[0].as_ref().unwrap();
    assert_eq!((field(form, "departure"), field(form, "destination")), ("UGMAL", "RWKGL"));
    assert_eq!((field(form, "unit.1.number"), field(form, "unit.1.seal.1")), ("CSQU3054383", "KE12345"));
    assert_eq!((field(form, "consignor.name"), field(form, "consignor.id")), ("Sugar Ltd", "P0001"));
    assert_eq!((field(form, "goods.1.hs"), field(form, "goods.1.gross_kg")), ("17019910", "20500"));
    assert_eq!(field(form, "mrn"), "C 1234");
}

#[test]
fn a_manifest_is_one_movement_a_bill() {
    let text = b"<Awmds><General_segment><General_segment_id><Customs_office_code>KEMBA</Customs_office_code>
</General_segment_id><Transport_information><Carrier><Carrier_code>C1</Carrier_code><Carrier_name>Line</Carrier_name>
</Carrier></Transport_information></General_segment>
<Bol_segment><Bol_id><Bol_reference>BL1</Bol_reference></Bol_id>
<ctn_segment><Ctn_reference>CSQU3054383</Ctn_reference><Marks1>S1</Marks1><Marks2>S2</Marks2></ctn_segment></Bol_segment>
<Bol_segment><Bol_id/></Bol_segment>
<bol_segment><bol_id><bol_reference>BL3</bol_reference></bol_id><container><reference>MSKU6011672</reference>
<seals>1</seals><mark1>Z9</mark1></container></bol_segment></Awmds>";
    let forms = read_asycuda(text).unwrap();
    let first = forms[0].as_ref().unwrap();
    assert_eq!(
        (field(first, "lrn"), field(first, "departure"), field(first, "carrier.name")),
        ("BL1", "KEMBA", "Line")
    );
    assert_eq!((field(first, "unit.1.seal.1"), field(first, "unit.1.seal.2")), ("S1", "S2"));
    assert!(forms[1].as_ref().unwrap_err().why.contains("no reference"));
    let third = forms[2].as_ref().unwrap();
    assert_eq!(
        (field(third, "lrn"), field(third, "unit.1.number"), field(third, "unit.1.seal.1")),
        ("BL3", "MSKU6011672", "Z9")
    );
    assert!(read_asycuda(b"<Other/>").is_err());
}
