declare module "catalogue:*" {
  export const messages: Record<string, string[]>;
  export const form: (n: number) => number;
}
