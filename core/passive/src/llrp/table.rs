//! Every message and parameter of LLRP 1.0.1 and 1.1 and its fields: EPCglobal LLRP 1.1, sections 16 and 17.

use Field::{Bits, Byte, Bytes, Double, I8, I16, Long, Params, Quads, Rest, Secret, Text, Word, Words};

/// One field, by its name in the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// An unsigned byte (flags too).
    Byte(&'static str),
    /// A signed byte.
    I8(&'static str),
    /// An unsigned 16 bit number.
    Word(&'static str),
    /// A signed 16 bit number.
    I16(&'static str),
    /// An unsigned 32 bit number.
    Double(&'static str),
    /// A password of 32 bits.
    Secret(&'static str),
    /// An unsigned 64 bit number.
    Long(&'static str),
    /// A count of bytes in 16 bits, then UTF-8.
    Text(&'static str),
    /// A count of bytes in 16 bits, then the bytes.
    Bytes(&'static str),
    /// A count of bits in 16 bits, then as many bytes as hold them.
    Bits(&'static str),
    /// A count in 16 bits, then numbers of 16 bits.
    Words(&'static str),
    /// A count in 16 bits, then numbers of 32 bits.
    Quads(&'static str),
    /// A fixed count of bytes.
    Fixed(&'static str, usize),
    /// Whatever is left, as it came.
    Rest(&'static str),
    /// Parameters until the end.
    Params,
}

/// A message or parameter: number, name, fields.
pub type Row = (u16, &'static str, &'static [Field]);

/// Smallest number of a parameter whose head has a length.
pub const TLV_MIN: u16 = 128;

const ID: Field = Word("OpSpecID");
const RESULT: Field = Byte("Result");

/// Parameters whose head has no length (type below 128).
pub const TV: &[Row] = &[
    (1, "AntennaID", &[Word("AntennaID")]),
    (2, "FirstSeenTimestampUTC", &[Long("Microseconds")]),
    (3, "FirstSeenTimestampUptime", &[Long("Microseconds")]),
    (4, "LastSeenTimestampUTC", &[Long("Microseconds")]),
    (5, "LastSeenTimestampUptime", &[Long("Microseconds")]),
    (6, "PeakRSSI", &[I8("PeakRSSI")]),
    (7, "ChannelIndex", &[Word("ChannelIndex")]),
    (8, "TagSeenCount", &[Word("TagCount")]),
    (9, "ROSpecID", &[Double("ROSpecID")]),
    (10, "InventoryParameterSpecID", &[Word("InventoryParameterSpecID")]),
    (11, "C1G2CRC", &[Word("CRC")]),
    (12, "C1G2PC", &[Word("PC")]),
    (13, "EPC-96", &[Field::Fixed("EPC", 12)]),
    (14, "SpecIndex", &[Word("SpecIndex")]),
    (15, "ClientRequestOpSpecResult", &[ID]),
    (16, "AccessSpecID", &[Double("AccessSpecID")]),
    (17, "OpSpecID", &[ID]),
    (18, "C1G2SingulationDetails", &[Word("NumCollisionSlots"), Word("NumEmptySlots")]),
    (19, "C1G2XPCW1", &[Word("XPC_W1")]),
    (20, "C1G2XPCW2", &[Word("XPC_W2")]),
];

/// Parameters with a length.
#[rustfmt::skip]
pub const TLV: &[Row] = &[
    (128, "UTCTimestamp", &[Long("Microseconds")]),
    (129, "Uptime", &[Long("Microseconds")]),
    (137, "GeneralDeviceCapabilities", &[Word("MaxNumberOfAntennaSupported"), Word("Flags"), Double("DeviceManufacturerName"), Double("ModelName"), Text("ReaderFirmwareVersion"), Params]),
    (139, "ReceiveSensitivityTableEntry", &[Word("Index"), I16("ReceiveSensitivityValue")]),
    (140, "PerAntennaAirProtocol", &[Word("AntennaID"), Bytes("ProtocolID")]),
    (141, "GPIOCapabilities", &[Word("NumGPIs"), Word("NumGPOs")]),
    (142, "LLRPCapabilities", &[Byte("Flags"), Byte("MaxPriorityLevelSupported"), Word("ClientRequestOpSpecTimeout"), Double("MaxNumROSpecs"), Double("MaxNumSpecsPerROSpec"), Double("MaxNumInventoryParameterSpecsPerAISpec"), Double("MaxNumAccessSpecs"), Double("MaxNumOpSpecsPerAccessSpec")]),
    (143, "RegulatoryCapabilities", &[Word("CountryCode"), Word("CommunicationsStandard"), Params]),
    (144, "UHFBandCapabilities", &[Params]),
    (145, "TransmitPowerLevelTableEntry", &[Word("Index"), I16("TransmitPowerValue")]),
    (146, "FrequencyInformation", &[Byte("Hopping"), Params]),
    (147, "FrequencyHopTable", &[Byte("HopTableID"), Byte("Reserved"), Quads("Frequency")]),
    (148, "FixedFrequencyTable", &[Quads("Frequency")]),
    (149, "PerAntennaReceiveSensitivityRange", &[Word("AntennaID"), Word("ReceiveSensitivityIndexMin"), Word("ReceiveSensitivityIndexMax")]),
    (177, "ROSpec", &[Double("ROSpecID"), Byte("Priority"), Byte("CurrentState"), Params]),
    (178, "ROBoundarySpec", &[Params]),
    (179, "ROSpecStartTrigger", &[Byte("ROSpecStartTriggerType"), Params]),
    (180, "PeriodicTriggerValue", &[Double("Offset"), Double("Period"), Params]),
    (181, "GPITriggerValue", &[Word("GPIPortNum"), Byte("GPIEvent"), Double("Timeout")]),
    (182, "ROSpecStopTrigger", &[Byte("ROSpecStopTriggerType"), Double("DurationTriggerValue"), Params]),
    (183, "AISpec", &[Words("AntennaIDs"), Params]),
    (184, "AISpecStopTrigger", &[Byte("AISpecStopTriggerType"), Double("DurationTrigger"), Params]),
    (185, "TagObservationTrigger", &[Byte("TriggerType"), Byte("Reserved"), Word("NumberOfTags"), Word("NumberOfAttempts"), Word("T"), Double("Timeout")]),
    (186, "InventoryParameterSpec", &[Word("InventoryParameterSpecID"), Byte("ProtocolID"), Params]),
    (187, "RFSurveySpec", &[Word("AntennaID"), Double("StartFrequency"), Double("EndFrequency"), Params]),
    (188, "RFSurveySpecStopTrigger", &[Byte("StopTriggerType"), Double("DurationPeriod"), Double("N")]),
    (207, "AccessSpec", &[Double("AccessSpecID"), Word("AntennaID"), Byte("ProtocolID"), Byte("CurrentState"), Double("ROSpecID"), Params]),
    (208, "AccessSpecStopTrigger", &[Byte("AccessSpecStopTriggerType"), Word("OperationCountValue")]),
    (209, "AccessCommand", &[Params]),
    (210, "ClientRequestOpSpec", &[ID]),
    (211, "ClientRequestResponse", &[Double("AccessSpecID"), Params]),
    (217, "LLRPConfigurationStateValue", &[Double("LLRPConfigurationStateValue")]),
    (218, "Identification", &[Byte("IDType"), Bytes("ReaderID")]),
    (219, "GPOWriteData", &[Word("GPOPortNumber"), Byte("GPOData")]),
    (220, "KeepaliveSpec", &[Byte("KeepaliveTriggerType"), Double("PeriodicTriggerValue")]),
    (221, "AntennaProperties", &[Byte("AntennaConnected"), Word("AntennaID"), I16("AntennaGain")]),
    (222, "AntennaConfiguration", &[Word("AntennaID"), Params]),
    (223, "RFReceiver", &[Word("ReceiverSensitivity")]),
    (224, "RFTransmitter", &[Word("HopTableID"), Word("ChannelIndex"), Word("TransmitPower")]),
    (225, "GPIPortCurrentState", &[Word("GPIPortNum"), Byte("Config"), Byte("State")]),
    (226, "EventsAndReports", &[Byte("HoldEventsAndReportsUponReconnect")]),
    (237, "ROReportSpec", &[Byte("ROReportTrigger"), Word("N"), Params]),
    (238, "TagReportContentSelector", &[Word("Enable"), Params]),
    (239, "AccessReportSpec", &[Byte("AccessReportTrigger")]),
    (240, "TagReportData", &[Params]),
    (241, "EPCData", &[Bits("EPC")]),
    (242, "RFSurveyReportData", &[Params]),
    (243, "FrequencyRSSILevelEntry", &[Double("Frequency"), Double("Bandwidth"), I8("AverageRSSI"), I8("PeakRSSI"), Params]),
    (244, "ReaderEventNotificationSpec", &[Params]),
    (245, "EventNotificationState", &[Word("EventType"), Byte("NotificationState")]),
    (246, "ReaderEventNotificationData", &[Params]),
    (247, "HoppingEvent", &[Word("HopTableID"), Word("NextChannelIndex")]),
    (248, "GPIEvent", &[Word("GPIPortNumber"), Byte("GPIEvent")]),
    (249, "ROSpecEvent", &[Byte("EventType"), Double("ROSpecID"), Double("PreemptingROSpecID")]),
    (250, "ReportBufferLevelWarningEvent", &[Byte("ReportBufferPercentageFull")]),
    (251, "ReportBufferOverflowErrorEvent", &[]),
    (252, "ReaderExceptionEvent", &[Text("Message"), Params]),
    (253, "RFSurveyEvent", &[Byte("EventType"), Double("ROSpecID"), Word("SpecIndex")]),
    (254, "AISpecEvent", &[Byte("EventType"), Double("ROSpecID"), Word("SpecIndex"), Params]),
    (255, "AntennaEvent", &[Byte("EventType"), Word("AntennaID")]),
    (256, "ConnectionAttemptEvent", &[Word("Status")]),
    (257, "ConnectionCloseEvent", &[]),
    (287, "LLRPStatus", &[Word("StatusCode"), Text("ErrorDescription"), Params]),
    (288, "FieldError", &[Word("FieldNum"), Word("ErrorCode")]),
    (289, "ParameterError", &[Word("ParameterType"), Word("ErrorCode"), Params]),
    (327, "C1G2LLRPCapabilities", &[Byte("Flags"), Word("MaxNumSelectFiltersPerQuery")]),
    (328, "C1G2UHFRFModeTable", &[Params]),
    (329, "C1G2UHFRFModeTableEntry", &[Double("ModeIdentifier"), Byte("Flags"), Byte("M"), Byte("ForwardLinkModulation"), Byte("SpectralMaskIndicator"), Double("BDR"), Double("PIE"), Double("MinTari"), Double("MaxTari"), Double("StepTari")]),
    (330, "C1G2InventoryCommand", &[Byte("TagInventoryStateAware"), Params]),
    (331, "C1G2Filter", &[Byte("T"), Params]),
    (332, "C1G2TagInventoryMask", &[Byte("MB"), Word("Pointer"), Bits("TagMask")]),
    (333, "C1G2TagInventoryStateAwareFilterAction", &[Byte("Target"), Byte("Action")]),
    (334, "C1G2TagInventoryStateUnawareFilterAction", &[Byte("Action")]),
    (335, "C1G2RFControl", &[Word("ModeIndex"), Word("Tari")]),
    (336, "C1G2SingulationControl", &[Byte("Session"), Word("TagPopulation"), Double("TagTransitTime"), Params]),
    (337, "C1G2TagInventoryStateAwareSingulationAction", &[Byte("Flags")]),
    (338, "C1G2TagSpec", &[Params]),
    (339, "C1G2TargetTag", &[Byte("MB"), Word("Pointer"), Bits("TagMask"), Bits("TagData")]),
    (341, "C1G2Read", &[ID, Secret("AccessPassword"), Byte("MB"), Word("WordPointer"), Word("WordCount")]),
    (342, "C1G2Write", &[ID, Secret("AccessPassword"), Byte("MB"), Word("WordPointer"), Words("WriteData")]),
    (343, "C1G2Kill", &[ID, Secret("KillPassword")]),
    (344, "C1G2Lock", &[ID, Secret("AccessPassword"), Params]),
    (345, "C1G2LockPayload", &[Byte("Privilege"), Byte("DataField")]),
    (346, "C1G2BlockErase", &[ID, Secret("AccessPassword"), Byte("MB"), Word("WordPointer"), Word("WordCount")]),
    (347, "C1G2BlockWrite", &[ID, Secret("AccessPassword"), Byte("MB"), Word("WordPointer"), Words("WriteData")]),
    (348, "C1G2EPCMemorySelector", &[Byte("Enable")]),
    (349, "C1G2ReadOpSpecResult", &[RESULT, ID, Words("ReadData")]),
    (350, "C1G2WriteOpSpecResult", &[RESULT, ID, Word("NumWordsWritten")]),
    (351, "C1G2KillOpSpecResult", &[RESULT, ID]),
    (352, "C1G2LockOpSpecResult", &[RESULT, ID]),
    (353, "C1G2BlockEraseOpSpecResult", &[RESULT, ID]),
    (354, "C1G2BlockWriteOpSpecResult", &[RESULT, ID, Word("NumWordsWritten")]),
    (355, "LoopSpec", &[Double("LoopCount")]),
    (356, "SpecLoopEvent", &[Double("ROSpecID"), Double("LoopCount")]),
    (357, "C1G2Recommission", &[ID, Secret("KillPassword"), Byte("Flags")]),
    (358, "C1G2BlockPermalock", &[ID, Secret("AccessPassword"), Byte("MB"), Word("BlockPointer"), Words("BlockMask")]),
    (359, "C1G2GetBlockPermalockStatus", &[ID, Secret("AccessPassword"), Byte("MB"), Word("BlockPointer"), Word("BlockRange")]),
    (360, "C1G2RecommissionOpSpecResult", &[RESULT, ID]),
    (361, "C1G2BlockPermalockOpSpecResult", &[RESULT, ID]),
    (362, "C1G2GetBlockPermalockStatusOpSpecResult", &[RESULT, ID, Words("PermalockStatus")]),
    (363, "MaximumReceiveSensitivity", &[Word("MaximumSensitivityValue")]),
    (365, "RFSurveyFrequencyCapabilities", &[Double("MinimumFrequency"), Double("MaximumFrequency")]),
    (1023, "Custom", &[Double("VendorIdentifier"), Double("ParameterSubtype"), Rest("Data")]),
];

/// Messages.
#[rustfmt::skip]
pub const MESSAGES: &[Row] = &[
    (1, "GET_READER_CAPABILITIES", &[Byte("RequestedData"), Params]),
    (2, "GET_READER_CONFIG", &[Word("AntennaID"), Byte("RequestedData"), Word("GPIPortNum"), Word("GPOPortNum"), Params]),
    (3, "SET_READER_CONFIG", &[Byte("ResetToFactoryDefault"), Params]),
    (4, "CLOSE_CONNECTION_RESPONSE", &[Params]),
    (11, "GET_READER_CAPABILITIES_RESPONSE", &[Params]),
    (12, "GET_READER_CONFIG_RESPONSE", &[Params]),
    (13, "SET_READER_CONFIG_RESPONSE", &[Params]),
    (14, "CLOSE_CONNECTION", &[]),
    (20, "ADD_ROSPEC", &[Params]),
    (21, "DELETE_ROSPEC", &[Double("ROSpecID")]),
    (22, "START_ROSPEC", &[Double("ROSpecID")]),
    (23, "STOP_ROSPEC", &[Double("ROSpecID")]),
    (24, "ENABLE_ROSPEC", &[Double("ROSpecID")]),
    (25, "DISABLE_ROSPEC", &[Double("ROSpecID")]),
    (26, "GET_ROSPECS", &[]),
    (30, "ADD_ROSPEC_RESPONSE", &[Params]),
    (31, "DELETE_ROSPEC_RESPONSE", &[Params]),
    (32, "START_ROSPEC_RESPONSE", &[Params]),
    (33, "STOP_ROSPEC_RESPONSE", &[Params]),
    (34, "ENABLE_ROSPEC_RESPONSE", &[Params]),
    (35, "DISABLE_ROSPEC_RESPONSE", &[Params]),
    (36, "GET_ROSPECS_RESPONSE", &[Params]),
    (40, "ADD_ACCESSSPEC", &[Params]),
    (41, "DELETE_ACCESSSPEC", &[Double("AccessSpecID")]),
    (42, "ENABLE_ACCESSSPEC", &[Double("AccessSpecID")]),
    (43, "DISABLE_ACCESSSPEC", &[Double("AccessSpecID")]),
    (44, "GET_ACCESSSPECS", &[]),
    (45, "CLIENT_REQUEST_OP", &[Params]),
    (46, "GET_SUPPORTED_VERSION", &[]),
    (47, "SET_PROTOCOL_VERSION", &[Byte("ProtocolVersion")]),
    (50, "ADD_ACCESSSPEC_RESPONSE", &[Params]),
    (51, "DELETE_ACCESSSPEC_RESPONSE", &[Params]),
    (52, "ENABLE_ACCESSSPEC_RESPONSE", &[Params]),
    (53, "DISABLE_ACCESSSPEC_RESPONSE", &[Params]),
    (54, "GET_ACCESSSPECS_RESPONSE", &[Params]),
    (55, "CLIENT_REQUEST_OP_RESPONSE", &[Params]),
    (56, "GET_SUPPORTED_VERSION_RESPONSE", &[Byte("CurrentVersion"), Byte("SupportedVersion"), Params]),
    (57, "SET_PROTOCOL_VERSION_RESPONSE", &[Params]),
    (60, "GET_REPORT", &[]),
    (61, "RO_ACCESS_REPORT", &[Params]),
    (62, "KEEPALIVE", &[]),
    (63, "READER_EVENT_NOTIFICATION", &[Params]),
    (64, "ENABLE_EVENTS_AND_REPORTS", &[]),
    (72, "KEEPALIVE_ACK", &[]),
    (100, "ERROR_MESSAGE", &[Params]),
    (1023, "CUSTOM_MESSAGE", &[Double("VendorIdentifier"), Byte("MessageSubtype"), Rest("Data")]),
];

/// The row of a number.
#[must_use]
pub fn row(table: &'static [Row], number: u16) -> Option<&'static Row> {
    table.binary_search_by_key(&number, |row| row.0).ok().and_then(|at| table.get(at))
}

/// The row of a parameter of this number: those below 128 have a head without a length.
#[must_use]
pub fn parameter(number: u16) -> Option<&'static Row> {
    row(if number < TLV_MIN { TV } else { TLV }, number)
}

/// The number by a name of the standard, of a message or a parameter.
#[must_use]
pub fn number(table: &'static [Row], name: &str) -> Option<u16> {
    table.iter().find(|row| row.1 == name).map(|row| row.0)
}
