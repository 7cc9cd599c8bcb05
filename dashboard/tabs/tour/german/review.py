"""The review questions in German, by the English sentences of review.py."""

REVIEW = {
    "Review: CLIP": "Wiederholung: CLIP",
    "What does CLIP learn, and what is its training objective?": "Was lernt CLIP, und was ist sein Trainingsziel?",
    "It learns to draw a picture from its caption.": "Es lernt, zu einer Unterschrift ein Bild zu zeichnen.",
    "CLIP draws nothing. In unCLIP a diffusion model, the decoder, draws from CLIP's vector.": (
        "CLIP zeichnet nichts. In unCLIP zeichnet ein Diffusionsmodell, der Decoder, nach dem Vektor von CLIP."
    ),
    "It learns one space in which a picture lies near its caption.": (
        "Es lernt einen Raum, in dem ein Bild nahe bei seiner Unterschrift liegt."
    ),
    "Two networks, one for pictures and one for texts, make vectors that can be compared.": (
        "Zwei Netze, eines für Bilder und eines für Texte, machen Vektoren, die sich vergleichen lassen."
    ),
    "It learns to name the objects of a fixed list.": "Es lernt, die Dinge einer festen Liste zu benennen.",
    (
        "There is no list: any text can be compared with any picture. A list of labels is only made when CLIP is "
        "used as a classifier."
    ): (
        "Es gibt keine Liste: Jeder Text lässt sich mit jedem Bild vergleichen. Eine Liste von Begriffen entsteht "
        "erst, wenn man CLIP zum Klassifizieren benutzt."
    ),
    "In every batch it raises the cosine of true pairs and lowers that of all others.": (
        "In jedem Batch erhöht es den Kosinus der richtigen Paare und senkt den aller anderen."
    ),
    (
        "That is the contrastive objective: each picture must find its caption among all of the batch, and each "
        "caption its picture."
    ): (
        "Das ist das kontrastive Ziel: Jedes Bild muss unter allen Unterschriften des Batchs die seine finden, und "
        "jede Unterschrift ihr Bild."
    ),
    (
        "CLIP learns a common space for pictures and texts. Its objective is contrastive: high cosine for a "
        "picture and its own caption, low cosine for every other pair of the batch."
    ): (
        "CLIP lernt einen gemeinsamen Raum für Bilder und Texte. Sein Ziel ist kontrastiv: hoher Kosinus für ein "
        "Bild und seine eigene Unterschrift, niedriger für jedes andere Paar des Batchs."
    ),
    "Review: guidance": "Wiederholung: Guidance",
    "What does classifier-free guidance compute, what does it cost, and what does a negative prompt do?": (
        "Was berechnet Classifier-free Guidance, was kostet sie, und was tut ein negativer Prompt?"
    ),
    "It goes from the prediction without the prompt towards the one with it, and beyond.": (
        "Sie geht von der Vorhersage ohne Prompt in Richtung der mit Prompt, und darüber hinaus."
    ),
    "Prediction = without + g × (with − without). For g above 1 it goes beyond.": (
        "Vorhersage = ohne + g × (mit − ohne). Für g über 1 geht sie darüber hinaus."
    ),
    "A negative prompt removes finished pictures that show the wrong thing.": (
        "Ein negativer Prompt entfernt fertige Bilder, die das Falsche zeigen."
    ),
    "It is no filter. It changes the prediction at every step of the run.": (
        "Er ist kein Filter. Er ändert die Vorhersage bei jedem Schritt des Laufs."
    ),
    "It needs two predictions at each step, so about twice the work.": (
        "Sie braucht bei jedem Schritt zwei Vorhersagen, also etwa die doppelte Arbeit."
    ),
    "One with the prompt and one without. Both can go through the network in one batch.": (
        "Eine mit dem Prompt und eine ohne. Beide können in einem Batch durch das Netz gehen."
    ),
    "A negative prompt takes the place of the empty prompt, so that guidance leads away from it.": (
        "Ein negativer Prompt tritt an die Stelle des leeren, so dass Guidance von ihm wegführt."
    ),
    "It costs nothing more, since the second prediction is needed anyway.": (
        "Mehr kostet das nicht, denn die zweite Vorhersage wird ohnehin gebraucht."
    ),
    (
        "Guidance stretches the difference between the prediction with the prompt and the one without by a scale "
        "g, at the cost of a second prediction per step. A negative prompt replaces the empty prompt in it."
    ): (
        "Guidance streckt den Unterschied zwischen der Vorhersage mit und der ohne Prompt um einen Faktor g, um "
        "den Preis einer zweiten Vorhersage je Schritt. Ein negativer Prompt ersetzt darin den leeren."
    ),
    "Review: random walks": "Wiederholung: Zufallswege",
    "How are Brownian motion and the Fokker-Planck equation connected with DDPM and DDIM?": (
        "Was haben Brownsche Bewegung und die Fokker-Planck-Gleichung mit DDPM und DDIM zu tun?"
    ),
    "DDIM is DDPM with the fresh noise left out.": "DDIM ist DDPM, bei dem das frische Rauschen weggelassen wird.",
    "DDPM without its noise collapses to an average. DDIM also follows the score only half as strongly.": (
        "DDPM ohne sein Rauschen fällt auf einen Mittelwert zusammen. DDIM folgt zudem dem Score nur halb so stark."
    ),
    "Training adds noise as in Brownian motion; DDPM walks it back with the score and fresh noise.": (
        "Das Training fügt Rauschen hinzu wie bei Brownscher Bewegung; DDPM geht mit dem Score und frischem "
        "Rauschen zurück."
    ),
    "The reverse of a random walk is again a random walk, which the score pulls back to the data.": (
        "Die Umkehrung eines Zufallsweges ist wieder ein Zufallsweg, den der Score zu den Daten zurückzieht."
    ),
    "The Fokker-Planck equation tells how the distribution of all points changes.": (
        "Die Fokker-Planck-Gleichung sagt, wie sich die Verteilung aller Punkte ändert."
    ),
    "It says nothing of single paths. That is why different paths can have the same distributions.": (
        "Sie sagt nichts über einzelne Wege. Darum können verschiedene Wege dieselben Verteilungen haben."
    ),
    "DDIM follows a smooth path without noise that has the same distributions as DDPM's walk.": (
        "DDIM folgt einem glatten Weg ohne Rauschen, der dieselben Verteilungen hat wie der Weg von DDPM."
    ),
    "It follows the score half as strongly. It needs fewer steps, and the first noise alone decides the picture.": (
        "Er folgt dem Score halb so stark. Es braucht weniger Schritte, und allein das erste Rauschen bestimmt das "
        "Bild."
    ),
    (
        "The forward process is a random walk like Brownian motion. DDPM reverses it as a random walk led by the "
        "score. The Fokker-Planck equation shows that a smooth path carries the same distributions: DDIM takes it."
    ): (
        "Der Vorwärtsprozess ist ein Zufallsweg wie Brownsche Bewegung. DDPM kehrt ihn um, als Zufallsweg, den der "
        "Score führt. Die Fokker-Planck-Gleichung zeigt, dass ein glatter Weg dieselben Verteilungen hat: DDIM "
        "nimmt ihn."
    ),
}
