/** Signing out, on whichever page. */
import { ask } from "./api.ts";
import type { SignOutMutation } from "./operations.ts";

const SIGN_OUT = /* GraphQL */ `
  mutation SignOut {
    signOut {
      signedOut
    }
  }
`;

/** @throws Trouble */
export async function signOut(): Promise<void> {
  await ask<SignOutMutation>(SIGN_OUT, {});
}
