/** The choice of a tenant, and the variables that follow it. */
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import { gettext } from "../language.ts";
import { inTenant } from "./examples.ts";
import type { Tenant } from "./explorer.ts";

interface Choice {
  tenants: Tenant[];
  chosen: string | undefined;
  choose: (id: string) => void;
}

export function Picker({ tenants, chosen, choose }: Choice) {
  return (
    <label>
      {gettext("Tenant")}
      <select value={chosen ?? ""} onChange={({ target }) => choose(target.value)}>
        {!chosen && <option value="">{gettext("Choose one")}</option>}
        {tenants.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Puts the chosen tenant into the variables of every tab, once for each choice. */
export function TenantOfTabs({ id }: { id: string | undefined }) {
  const { moveTab } = useGraphiQLActions();
  const [tabs, active, editor] = useGraphiQL((state) => [
    state.tabs,
    state.activeTabIndex,
    state.variableEditor,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: tabs change with every key
  useEffect(() => {
    if (!id || !editor) return;
    const typed = editor.getValue();
    moveTab(
      tabs.map((tab, index) =>
        index === active ? tab : { ...tab, variables: inTenant(tab.variables ?? "", id) },
      ),
    );
    editor.setValue(inTenant(typed, id));
  }, [id, editor]);
  return null;
}
