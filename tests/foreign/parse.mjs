// @medplum/core parses the HL7 v2 message on standard input; prints the fields that matter, as JSON.
import { readFileSync } from "node:fs";
import { Hl7Message } from "@medplum/core";

const message = Hl7Message.parse(readFileSync(0, "utf8"));
const field = (segment, number) => segment?.getField(number)?.toString() ?? "";
const header = message.getSegment("MSH");
console.log(JSON.stringify({
  type: field(header, 9),
  control_id: field(header, 10),
  version: field(header, 12),
  answer: field(message.getSegment("MSA"), 1),
  answered: field(message.getSegment("MSA"), 2),
  bed: message.getSegment("PV1")?.getComponent(3, 3) ?? "",
  values: message.getAllSegments("OBX").map((one) => [one.getComponent(3, 2), field(one, 5)]),
}));
