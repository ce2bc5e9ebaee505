"""The words of the form in every language it is printed in. A test holds them to the same placeholders.

Each change of meaning raises `proof_form.TEXT_VERSION`. A language that is not here is printed in English.
"""
# ruff: noqa: RUF001  # French is spelt with typographic apostrophes.

from dataclasses import dataclass
from typing import Final

from shared.domain.proof_form import Activity
from shared.domain.wording import WHAT_IT_DOES_NOT_DO, WHAT_THE_PARTNER_SEES


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Braces stand for facts of the claim."""

    title: str
    subtitle: str
    customer: str
    partner: str
    company: str
    domain: str
    tenant_id: str
    partner_id: str
    ask_heading: str
    ask: str
    workloads_heading: str
    sees_heading: str
    sees: tuple[str, ...]
    does_not_heading: str
    does_not: tuple[str, ...]
    paid: str
    disclosure_heading: str
    disclosure: str
    end_heading: str
    end: str
    activities_heading: str
    activities: dict[Activity, str]
    declaration_heading: str
    declaration: str
    signer_heading: str
    signer_name: str
    signer_title: str
    signed_on: str
    typed_signature: str
    digital_signature: str
    how_to_sign: str
    footer: str


_EN: Final = Words(
    title="Proof of execution",
    subtitle="Confirmation by the customer. {programme}",
    customer="Customer",
    partner="Partner",
    company="Company",
    domain="Domain",
    tenant_id="Tenant id",
    partner_id="Partner id",
    ask_heading="What you are asked to sign",
    ask=(
        "{partner} asks to be recorded as the claiming partner of record of {customer} for the workloads named here. "
        "With your signature you confirm that {partner} has carried out, or is carrying out, the activities that you "
        "tick below."
    ),
    workloads_heading="Workloads",
    sees_heading="What the partner will see",
    sees=WHAT_THE_PARTNER_SEES,
    does_not_heading="What this does not do",
    does_not=WHAT_IT_DOES_NOT_DO,
    paid="The partner may be paid by the vendor when people in your company use these workloads.",
    disclosure_heading="Public sector: disclosure of a payment",
    disclosure=(
        "{partner} states that {customer} belongs to the public sector, and discloses: the vendor may pay {partner} when people "
        "at {customer} use these workloads. With your signature you confirm that you were told so before you signed."
    ),
    end_heading="How to refuse or end it",
    end=(
        "You do not have to sign. You may refuse, and you may end it later, at any time, without giving a reason and "
        "with immediate effect, through the link in every mail that we send you about it."
    ),
    activities_heading="What the partner did or does (tick at least one)",
    activities={
        Activity.PRE_SALES: "Pre-sales",
        Activity.DEPLOYMENT: "Deployment",
        Activity.ADOPTION: "Adoption",
        Activity.MAINTENANCE: "Maintenance",
        Activity.SUPPORT: "Support",
    },
    declaration_heading="Declaration",
    declaration=(
        "I am authorised to sign this for {customer} (tenant {tenant}). I have read this form. I confirm the "
        "activities ticked above and agree that {partner} may be recorded as claiming partner of record for the "
        "workloads named in it. I know that {partner} may be paid for this, and that I may end it at any time."
    ),
    signer_heading="Signed for {customer}",
    signer_name="Name",
    signer_title="Title or position",
    signed_on="Date (YYYY-MM-DD)",
    typed_signature="Signature: type your full name",
    digital_signature="or sign digitally in this box",
    how_to_sign=(
        "Fill in this form on the screen and sign it by typing your name or with a certificate of your own; or print "
        "it, sign it by hand and return a scan. A typed name is an electronic signature, not a qualified one."
    ),
    footer="Document {form_id}  ·  text {version} (en)  ·  page {page} of {pages}",
)

_DE: Final = Words(
    title="Leistungsnachweis",
    subtitle="Bestätigung durch den Kunden. {programme}",
    customer="Kunde",
    partner="Partner",
    company="Unternehmen",
    domain="Domäne",
    tenant_id="Mandanten-ID",
    partner_id="Partner-ID",
    ask_heading="Worum Sie gebeten werden",
    ask=(
        "{partner} möchte für die hier genannten Workloads als beanspruchender Partner (Claiming Partner of Record) "
        "von {customer} eingetragen werden. Mit Ihrer Unterschrift bestätigen Sie, dass {partner} die unten "
        "angekreuzten Tätigkeiten erbracht hat oder erbringt."
    ),
    workloads_heading="Workloads",
    sees_heading="Was der Partner sehen wird",
    sees=(
        "Für jeden Workload, wie viele Personen ihn in den letzten 28 Tagen genutzt haben (monatlich aktive Nutzer).",
        "Für jeden Workload, für wie viele Plätze Sie bezahlen (bezahlte Lizenzen).",
        "Sonst nichts: niemals Namen und niemals Ihre E-Mails, Dateien oder andere Inhalte.",
    ),
    does_not_heading="Was damit nicht verbunden ist",
    does_not=(
        "Es kostet Sie nichts.",
        "Es gibt keine Administratorrechte und keinen Zugang zu Ihren Systemen.",
        "Es ändert keinen Vertrag, keinen Preis und keinen Händler.",
        "Es ist keine Einwilligung in die Verarbeitung personenbezogener Daten.",
    ),
    paid="Der Partner kann vom Hersteller eine Vergütung erhalten, wenn Personen in Ihrem Unternehmen diese Workloads nutzen.",
    disclosure_heading="Öffentlicher Sektor: Offenlegung einer Vergütung",
    disclosure=(
        "{partner} gibt an, dass {customer} zum öffentlichen Sektor gehört, und legt offen: Der Hersteller kann {partner} "
        "vergüten, wenn Personen bei {customer} diese Workloads nutzen. Mit Ihrer Unterschrift bestätigen Sie, dass Ihnen das "
        "vor der Unterschrift gesagt wurde."
    ),
    end_heading="Wie Sie ablehnen oder es beenden",
    end=(
        "Sie müssen nicht unterschreiben. Sie können ablehnen, und Sie können es später jederzeit, ohne Angabe von "
        "Gründen und mit sofortiger Wirkung beenden: über den Link in jeder E-Mail, die wir Ihnen dazu senden."
    ),
    activities_heading="Was der Partner getan hat oder tut (mindestens eines ankreuzen)",
    activities={
        Activity.PRE_SALES: "Beratung vor dem Kauf",
        Activity.DEPLOYMENT: "Einführung",
        Activity.ADOPTION: "Förderung der Nutzung",
        Activity.MAINTENANCE: "Wartung",
        Activity.SUPPORT: "Support",
    },
    declaration_heading="Erklärung",
    declaration=(
        "Ich bin berechtigt, dies für {customer} (Mandant {tenant}) zu unterschreiben. Ich habe dieses Formular "
        "gelesen. Ich bestätige die oben angekreuzten Tätigkeiten und bin einverstanden, dass {partner} für die darin "
        "genannten Workloads als beanspruchender Partner eingetragen wird. Mir ist bekannt, dass {partner} dafür "
        "vergütet werden kann und dass ich es jederzeit beenden kann."
    ),
    signer_heading="Unterschrieben für {customer}",
    signer_name="Name",
    signer_title="Funktion oder Position",
    signed_on="Datum (JJJJ-MM-TT)",
    typed_signature="Unterschrift: vollen Namen eingeben",
    digital_signature="oder in diesem Feld digital signieren",
    how_to_sign=(
        "Füllen Sie dieses Formular am Bildschirm aus und unterschreiben Sie, indem Sie Ihren Namen eingeben oder mit "
        "einem eigenen Zertifikat signieren; oder drucken Sie es aus, unterschreiben Sie von Hand und senden Sie einen "
        "Scan zurück. Ein eingegebener Name ist eine elektronische, keine qualifizierte Signatur."
    ),
    footer="Dokument {form_id}  ·  Text {version} (de)  ·  Seite {page} von {pages}",
)

_FR: Final = Words(
    title="Preuve d’exécution",
    subtitle="Confirmation par le client. {programme}",
    customer="Client",
    partner="Partenaire",
    company="Entreprise",
    domain="Domaine",
    tenant_id="ID du locataire",
    partner_id="ID du partenaire",
    ask_heading="Ce que l’on vous demande de signer",
    ask=(
        "{partner} demande à être enregistré comme partenaire déclarant (Claiming Partner of Record) de {customer} "
        "pour les charges de travail nommées ici. Par votre signature, vous confirmez que {partner} a réalisé ou "
        "réalise les activités que vous cochez ci-dessous."
    ),
    workloads_heading="Charges de travail",
    sees_heading="Ce que le partenaire verra",
    sees=(
        "Pour chaque charge de travail, combien de personnes l’ont utilisée au cours des 28 derniers jours "
        "(utilisateurs actifs mensuels).",
        "Pour chaque charge de travail, combien de postes vous payez (licences payées).",
        "Rien d’autre : jamais de noms, et jamais vos courriels, vos fichiers ou tout autre contenu.",
    ),
    does_not_heading="Ce que cela ne fait pas",
    does_not=(
        "Cela ne vous coûte rien.",
        "Cela ne donne aucun droit d’administrateur ni aucun accès à vos systèmes.",
        "Cela ne change ni contrat, ni prix, ni revendeur.",
        "Ce n’est pas un consentement au traitement de données personnelles.",
    ),
    paid=(
        "Le partenaire peut être rémunéré par l’éditeur lorsque des personnes de votre entreprise utilisent ces "
        "charges de travail."
    ),
    disclosure_heading="Secteur public : information sur une rémunération",
    disclosure=(
        "{partner} déclare que {customer} relève du secteur public et fait savoir que l’éditeur peut rémunérer {partner} lorsque "
        "des personnes de {customer} utilisent ces charges de travail. Par votre signature, vous confirmez en avoir été informé "
        "avant de signer."
    ),
    end_heading="Comment refuser ou y mettre fin",
    end=(
        "Vous n’êtes pas obligé de signer. Vous pouvez refuser, et vous pouvez y mettre fin plus tard, à tout moment, "
        "sans donner de raison et avec effet immédiat, par le lien contenu dans chaque courriel que nous vous envoyons "
        "à ce sujet."
    ),
    activities_heading="Ce que le partenaire a fait ou fait (cochez au moins une case)",
    activities={
        Activity.PRE_SALES: "Avant-vente",
        Activity.DEPLOYMENT: "Déploiement",
        Activity.ADOPTION: "Aide à l’adoption",
        Activity.MAINTENANCE: "Maintenance",
        Activity.SUPPORT: "Assistance",
    },
    declaration_heading="Déclaration",
    declaration=(
        "Je suis habilité(e) à signer ceci pour {customer} (locataire {tenant}). J’ai lu ce formulaire. Je confirme "
        "les activités cochées ci-dessus et j’accepte que {partner} soit enregistré comme partenaire déclarant pour "
        "les charges de travail qui y sont nommées. Je sais que {partner} peut être rémunéré pour cela et que je peux "
        "y mettre fin à tout moment."
    ),
    signer_heading="Signé pour {customer}",
    signer_name="Nom",
    signer_title="Fonction",
    signed_on="Date (AAAA-MM-JJ)",
    typed_signature="Signature : saisissez votre nom complet",
    digital_signature="ou signez numériquement dans ce cadre",
    how_to_sign=(
        "Remplissez ce formulaire à l’écran et signez-le en saisissant votre nom ou avec votre propre certificat ; ou "
        "imprimez-le, signez-le à la main et renvoyez-en un scan. Un nom saisi est une signature électronique, non une "
        "signature qualifiée."
    ),
    footer="Document {form_id}  ·  texte {version} (fr)  ·  page {page} sur {pages}",
)

_LANGUAGES: Final = {"en": _EN, "de": _DE, "fr": _FR}


def words_in(language: str) -> tuple[str, Words]:
    """The language that is printed and its words: the asked-for one, its base language, or English."""
    spoken = next((each for each in (language, language.partition("-")[0]) if each in _LANGUAGES), "en")
    return spoken, _LANGUAGES[spoken]
