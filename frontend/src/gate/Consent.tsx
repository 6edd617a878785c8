import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate, useLocation } from "react-router";
import { addresses } from "@/addresses";
import { api, held, reach } from "@/api/client";
import { ApiProblem, problemOf } from "@/api/problems";
import { meQuery } from "@/api/queries";
import type { ConsentQuestion } from "@/api/schema";
import { Button, Problem } from "@/kit";
import { shownName } from "@/kit/names";
import { Asked } from "./Asked";
import { Acts, Gate, Hint } from "./Gate";
import { refusal } from "./words";

/** A program asks to be let in: which one, where the answer goes, and what it may do then. */
export default function Consent() {
  const query = useLocation().search.slice(1);
  const me = useQuery({ ...meQuery, retry: false });
  const question = useQuery({ queryKey: ["auth", "consent", query], queryFn: () => asked(query), retry: false, staleTime: Infinity, gcTime: 0 });
  if (isNobody(question.error) || isNobody(me.error)) return <Navigate to={addresses.signIn(`/consent?${query}`)} replace />;
  if (question.error) {
    return (
      <Gate title="This cannot be answered">
        <Problem>{refusal(question.error)}</Problem>
        <Hint>Start again from the program that sent you here.</Hint>
      </Gate>
    );
  }
  return question.data ? <Question query={query} question={question.data} email={me.data?.email ?? null} /> : null;
}

function Question({ query, question, email }: { query: string; question: ConsentQuestion; email: string | null }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  async function answer(allow: boolean) {
    setBusy(true);
    try {
      const { redirect_to: to } = await held(api.POST("/api/v1/auth/consent", { body: { query, allow } }));
      location.assign(to);
    } catch (error) {
      setProblem(refusal(error));
      setBusy(false);
    }
  }
  return (
    <Gate title={`Let “${shownName(question.client.name)}” in?`} lead={email === null ? undefined : `Signed in as ${email}`}>
      <Asked scopes={question.scopes} />
      {problem && <Problem>{problem}</Problem>}
      <Acts>
        <Button look="primary" wide disabled={isBusy} onClick={() => void answer(true)}>
          Allow
        </Button>
        <Button wide disabled={isBusy} onClick={() => void answer(false)}>
          Deny
        </Button>
      </Acts>
      <Hint>You go on to {question.redirect_host}. It will not see your password.</Hint>
    </Gate>
  );
}

const isNobody = (error: unknown): boolean => error instanceof ApiProblem && error.status === 401;

/** Asked with the very query that the server has sent here: it is what the answer is about. */
async function asked(query: string): Promise<ConsentQuestion> {
  const answer = await reach(`/api/v1/auth/consent?${query}`, { credentials: "same-origin" });
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as ConsentQuestion;
}
