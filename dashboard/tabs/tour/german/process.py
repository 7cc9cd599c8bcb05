"""The first seven stops in German, by the English sentences of process.py."""

PROCESS = {
    "From noise to a picture": "Vom Rauschen zum Bild",
    (
        "A diffusion model begins with pure noise: random numbers that hold no picture. It removes a little of the "
        "noise, step by step, and a picture is left."
    ): (
        "Ein Diffusionsmodell beginnt mit reinem Rauschen: Zufallszahlen, in denen kein Bild steckt. Schritt für "
        "Schritt nimmt es ein wenig Rauschen weg, und ein Bild bleibt übrig."
    ),
    "The seed decides the noise. The prompt decides what the model looks for in it. To save work, all this happens in "
    "a smaller array of numbers, the latent, which a second network, the decoder, turns into pixels.": (
        "Der Seed bestimmt das Rauschen. Der Prompt bestimmt, wonach das Modell darin sucht. Um Arbeit zu sparen, "
        "geschieht all das in einem kleineren Feld von Zahlen, dem Latent, aus dem ein zweites Netz, der Decoder, "
        "Pixel macht."
    ),
    (
        "CLIP scores how well a picture fits a text. After how many of the 25 steps does it first recognise the "
        "prompt in the noisy picture, and keep recognising it?"
    ): (
        "CLIP bewertet, wie gut ein Bild zu einem Text passt. Nach wie vielen der 25 Schritte erkennt es den Prompt "
        "erstmals im verrauschten Bild, und von da an immer?"
    ),
    (
        "In the noisy picture CLIP recognises “{prompt}” from step {noisy} on: from there it fits better than {others}."
    ): ("Im verrauschten Bild erkennt CLIP „{prompt}“ ab Schritt {noisy}: Von dort an passt es besser als {others}."),
    (
        "In the image that the network predicts at each step, CLIP recognises it from step {clean} on. The model "
        "decides early what to draw, and adds the detail late."
    ): (
        "In dem Bild, das das Netz bei jedem Schritt vorhersagt, erkennt CLIP es ab Schritt {clean}. Das Modell "
        "entscheidet früh, was es zeichnet, und ergänzt die Details spät."
    ),
    "Step {noisy} of {steps}: from here CLIP sees the prompt in the noisy picture.": (
        "Schritt {noisy} von {steps}: Von hier an sieht CLIP den Prompt im verrauschten Bild."
    ),
    "In Generate, drag the step rail and watch the three rows: noisy latent, predicted image, predicted noise.": (
        "Ziehen Sie in Erzeugen den Schrittregler und betrachten Sie die drei Reihen: verrauschtes Latent, "
        "vorhergesagtes Bild, vorhergesagtes Rauschen."
    ),
    "Measured just now with the model “{model}”, on “{prompt}” and seed {seed}.": (
        "Soeben gemessen mit dem Modell „{model}“, an „{prompt}“ und Seed {seed}."
    ),
    (
        "CLIP does not recognise “{prompt}” in this run: even at the end another text fits better ({others}). That "
        "happens with words that the model never learned. Try another prompt in Generate, and come back."
    ): (
        "CLIP erkennt „{prompt}“ in diesem Lauf nicht: Selbst am Ende passt ein anderer Text besser ({others}). "
        "Das geschieht bei Wörtern, die das Modell nie gelernt hat. Versuchen Sie in Erzeugen einen anderen Prompt "
        "und kommen Sie zurück."
    ),
    "A random walk, and its reverse": "Ein Zufallsweg und seine Umkehrung",
    (
        "Look at points in the plane instead of pictures. In the forward process each point takes many small random "
        "steps, and is drawn a little towards the centre each time, so that the cloud does not grow. The random steps "
        "are Brownian motion, like that of a speck of dust in water."
    ): (
        "Betrachten Sie statt Bildern Punkte in der Ebene. Im Vorwärtsprozess macht jeder Punkt viele kleine "
        "Zufallsschritte und wird dabei jedes Mal ein wenig zur Mitte gezogen, damit die Wolke nicht wächst. Die "
        "Zufallsschritte sind Brownsche Bewegung, wie die eines Staubkorns in Wasser."
    ),
    (
        "To generate, a model walks back. It needs one thing at every place and noise level: the score, the direction "
        "in which the data become more likely. It is the noise that is in the point, turned round: score = −ε / σ, "
        "where σ says how strong the noise ε is. So a network that predicts the noise knows the way."
    ): (
        "Um etwas zu erzeugen, geht ein Modell den Weg zurück. Dafür braucht es an jedem Ort und bei jedem "
        "Rauschpegel eines: den Score, die Richtung, in der die Daten wahrscheinlicher werden. Er ist das Rauschen, "
        "das im Punkt steckt, umgekehrt: Score = −ε / σ, wobei σ sagt, wie stark das Rauschen ε ist. Ein Netz, das "
        "das Rauschen vorhersagt, kennt also den Weg."
    ),
    "After 1,000 random steps, how much does a point's place still tell you about where it began?": (
        "Wie viel verrät der Ort eines Punktes nach 1.000 Zufallsschritten noch darüber, wo er begann?"
    ),
    "About half of it": "Etwa die Hälfte",
    "About a tenth of it": "Etwa ein Zehntel",
    "Almost nothing": "Fast nichts",
    "The place at the start explains {explained:.2%} of the place at the end.": (
        "Der Ort am Anfang erklärt {explained:.2%} des Ortes am Ende."
    ),
    (
        "Backwards, {count} new points follow the score. {arrived:.0%} of them end on the spiral, no farther than "
        "0.1 from its points. Of the noise they began as, {before:.0%} lay there by chance."
    ): (
        "Zurück folgen {count} neue Punkte dem Score. {arrived:.0%} von ihnen enden auf der Spirale, höchstens 0,1 "
        "von deren Punkten entfernt. Von dem Rauschen, mit dem sie begannen, lagen dort zufällig {before:.0%}."
    ),
    "{arrived:.0%} of the points walk from pure noise back to the data, led by the score.": (
        "{arrived:.0%} der Punkte finden, vom Score geführt, aus reinem Rauschen zu den Daten zurück."
    ),
    "In the 2-D lab, press Play and watch a shape drift into noise. Click a point to follow its walk.": (
        "Drücken Sie im 2-D-Labor auf Play und sehen Sie zu, wie eine Form in Rauschen übergeht. Klicken Sie einen "
        "Punkt an, um seinem Weg zu folgen."
    ),
    "Computed just now with the exact score of these points; no network takes part.": (
        "Soeben berechnet mit dem exakten Score dieser Punkte; kein Netz ist beteiligt."
    ),
    "What the network predicts": "Was das Netz vorhersagt",
    (
        "In training, the network sees a picture with noise on it, of any strength, and must predict the noise: all "
        "of it, not that of the last step. All of it can be judged from the picture as a whole. Which small part of "
        "it came last leaves no trace, so a network that is asked for that learns far more slowly. (Or it predicts v, "
        "a mixture of noise and picture from which both follow, as the models here do.) Its loss is the squared "
        "error of this prediction."
    ): (
        "Im Training sieht das Netz ein Bild mit Rauschen von beliebiger Stärke und muss das Rauschen vorhersagen: "
        "das ganze, nicht das des letzten Schritts. Das ganze lässt sich aus dem Bild als Ganzem beurteilen. Welcher "
        "kleine Teil davon zuletzt kam, hinterlässt keine Spur; ein Netz, das danach gefragt wird, lernt viel "
        "langsamer. (Oder es sagt v vorher, eine Mischung aus Rauschen und Bild, aus der beide folgen; so machen es "
        "die Modelle hier.) Sein Loss ist der quadratische Fehler dieser Vorhersage."
    ),
    (
        "Take the predicted noise away, scale up what remains, and you have the predicted image x̂₀: the network's "
        "guess of where the walk will end."
    ): (
        "Zieht man das vorhergesagte Rauschen ab und vergrößert den Rest, hat man das vorhergesagte Bild x̂₀: die "
        "Vermutung des Netzes, wo der Weg endet."
    ),
    "The first prediction is made from pure noise. What does the first predicted image look like?": (
        "Die erste Vorhersage entsteht aus reinem Rauschen. Wie sieht das erste vorhergesagte Bild aus?"
    ),
    "Like the finished picture": "Wie das fertige Bild",
    "A soft, blurred version": "Wie eine weiche, unscharfe Fassung",
    "Like noise": "Wie Rauschen",
    (
        "The first predicted image has {detail:.0%} of the finished picture's detail (the mean squared difference "
        "of neighbouring pixels; guidance is off here)."
    ): (
        "Das erste vorhergesagte Bild hat {detail:.0%} der Details des fertigen Bildes (mittlerer quadratischer "
        "Unterschied benachbarter Pixel; Guidance ist hier ausgeschaltet)."
    ),
    (
        "The squared error makes it so. Many pictures could lie behind this noise. The guess with the smallest "
        "squared error is their average, and an average is blurred. With every step fewer remain possible."
    ): (
        "Das liegt am quadratischen Fehler. Hinter diesem Rauschen könnten viele Bilder stecken. Die Vermutung mit "
        "dem kleinsten quadratischen Fehler ist ihr Mittelwert, und ein Mittelwert ist unscharf. Mit jedem Schritt "
        "bleiben weniger Bilder möglich."
    ),
    "{detail:.0%} of the final detail: the best first guess is an average.": (
        "{detail:.0%} der späteren Details: Die beste erste Vermutung ist ein Mittelwert."
    ),
    "In Generate, set the rail to step 0 and look at the predicted image; then go on step by step.": (
        "Stellen Sie in Erzeugen den Regler auf Schritt 0 und betrachten Sie das vorhergesagte Bild; gehen Sie "
        "dann Schritt für Schritt weiter."
    ),
    "Told the time": "Die Zeit mitgeteilt",
    (
        "The network is also told the timestep, which says how much noise there is. With much noise it looks for "
        "the rough shape, with little noise for the fine detail."
    ): (
        "Dem Netz wird auch der Zeitschritt mitgeteilt: wie viel Rauschen da ist. Bei viel Rauschen sucht es die "
        "grobe Form, bei wenig Rauschen die feinen Details."
    ),
    (
        "Below, the same points are led back twice, each time by the best prediction there can be, worked out "
        "exactly. Once it is told the time. Once it is not, so at each place it can only give one direction: the "
        "average over all noise levels."
    ): (
        "Unten werden dieselben Punkte zweimal zurückgeführt, jedes Mal von der besten Vorhersage, die es geben kann, "
        "exakt berechnet. Einmal kennt sie die Zeit. Einmal nicht, also kann sie an jedem Ort nur eine Richtung "
        "angeben: den Mittelwert über alle Rauschpegel."
    ),
    "Without the time, what share of the points comes to the spiral?": (
        "Welcher Anteil der Punkte kommt ohne die Zeit auf die Spirale?"
    ),
    "Without the time {blind:.0%} of the points end on the spiral, with it {informed:.0%}. (Of the pure noise that "
    "they began as, {before:.0%} lay there by chance.)": (
        "Ohne die Zeit enden {blind:.0%} der Punkte auf der Spirale, mit ihr {informed:.0%}. (Vom reinen Rauschen, "
        "mit dem sie begannen, lagen dort zufällig {before:.0%}.)"
    ),
    (
        "One place can belong to a noisy point far from its origin or to a nearly clean one. The right direction "
        "differs, so the network must know the noise level."
    ): (
        "Derselbe Ort kann zu einem stark verrauschten Punkt gehören, fern von seinem Ursprung, oder zu einem fast "
        "sauberen. Die richtige Richtung ist jeweils eine andere, also muss das Netz den Rauschpegel kennen."
    ),
    "{blind:.0%} against {informed:.0%}: a network must be told the noise level.": (
        "{blind:.0%} gegen {informed:.0%}: Ein Netz muss den Rauschpegel kennen."
    ),
    (
        "In the 2-D lab, press Train and watch a network learn without the time. Then switch Time conditioning on "
        "and train again."
    ): (
        "Drücken Sie im 2-D-Labor auf Train und sehen Sie zu, wie ein Netz ohne die Zeit lernt. Schalten Sie dann "
        "Time conditioning ein und trainieren Sie noch einmal."
    ),
    "Why fresh noise is added": "Warum frisches Rauschen dazukommt",
    (
        "DDPM is the sampler of the first diffusion models. Each of its steps goes towards the predicted image and "
        "then adds a little fresh noise. That looks like a step in the wrong direction. But the predicted image is "
        "an average: going towards it takes away spread, and the fresh noise puts it back."
    ): (
        "DDPM ist der Sampler der ersten Diffusionsmodelle. Jeder seiner Schritte geht auf das vorhergesagte Bild "
        "zu und fügt dann ein wenig frisches Rauschen hinzu. Das sieht nach einem Schritt in die falsche Richtung "
        "aus. Aber das vorhergesagte Bild ist ein Mittelwert: Der Schritt dorthin nimmt Streuung weg, und das frische "
        "Rauschen gibt sie zurück."
    ),
    "Below, the same points walk back twice: with the fresh noise, and without it.": (
        "Unten gehen dieselben Punkte zweimal zurück: mit frischem Rauschen und ohne."
    ),
    "Without the fresh noise, how much of the data's spread (its variance) is left at the end?": (
        "Wie viel von der Streuung der Daten (ihrer Varianz) ist ohne frisches Rauschen am Ende noch da?"
    ),
    "Without fresh noise {without:.1%} of the variance is left, with it {kept:.0%}.": (
        "Ohne frisches Rauschen sind {without:.1%} der Varianz übrig, mit ihm {kept:.0%}."
    ),
    (
        "Each step aims at an average of all that is still possible. The fresh noise keeps the points apart, and "
        "keeps them at the noise level for which the network was trained. Without it they shrink to a few places "
        "near the mean."
    ): (
        "Jeder Schritt zielt auf einen Mittelwert all dessen, was noch möglich ist. Das frische Rauschen hält die "
        "Punkte auseinander und auf dem Rauschpegel, für den das Netz trainiert wurde. Ohne es schrumpfen sie auf "
        "wenige Stellen nahe dem Mittelwert."
    ),
    "{without:.1%} of the variance: without fresh noise DDPM collapses.": (
        "{without:.1%} der Varianz: Ohne frisches Rauschen fällt DDPM zusammen."
    ),
    "In the 2-D lab, watch four samplers start from the same noise. One of them collapses.": (
        "Sehen Sie im 2-D-Labor zu, wie vier Sampler mit demselben Rauschen beginnen. Einer von ihnen fällt zusammen."
    ),
    "The average is a blur": "Der Mittelwert ist unscharf",
    (
        "Now the same with pictures. The image model draws without a prompt, so that any picture may come. DDPM "
        "takes 25 steps, once with its fresh noise and once without."
    ): (
        "Nun dasselbe mit Bildern. Das Bildmodell zeichnet ohne Prompt, so dass jedes Bild möglich ist. DDPM macht "
        "25 Schritte, einmal mit seinem frischen Rauschen und einmal ohne."
    ),
    "Before you look: at each step the model aims at an average of all pictures that are still possible.": (
        "Bevor Sie nachsehen: Bei jedem Schritt zielt das Modell auf einen Mittelwert aller Bilder, die noch "
        "möglich sind."
    ),
    "Measured just now with the model “{model}”, without a prompt, from seed {seed}.": (
        "Soeben gemessen mit dem Modell „{model}“, ohne Prompt, von Seed {seed} aus."
    ),
    "What does the run without fresh noise draw?": "Was zeichnet der Lauf ohne frisches Rauschen?",
    "A sharper picture": "Ein schärferes Bild",
    "About the same picture": "Etwa dasselbe Bild",
    "A blur without any detail": "Eine unscharfe Fläche ohne Details",
    "Without fresh noise the picture keeps {detail:.1%} of the detail that DDPM's has.": (
        "Ohne frisches Rauschen behält das Bild {detail:.1%} der Details, die das von DDPM hat."
    ),
    (
        "The state soon holds less noise than its timestep says. The network never met such states in training, and "
        "the run ends near the average of all pictures."
    ): (
        "Der Zustand enthält bald weniger Rauschen, als sein Zeitschritt sagt. Solche Zustände kamen im Training nie "
        "vor, und der Lauf endet nahe beim Mittelwert aller Bilder."
    ),
    "{detail:.1%} of the detail: fresh noise is what makes a picture out of an average.": (
        "{detail:.1%} der Details: Erst frisches Rauschen macht aus einem Mittelwert ein Bild."
    ),
    "In Samplers, both runs stand side by side. Drag the rail and watch where they part.": (
        "In Sampler stehen beide Läufe nebeneinander. Ziehen Sie den Regler und sehen Sie, wo sie sich trennen."
    ),
    "DDIM and the Fokker-Planck equation": "DDIM und die Fokker-Planck-Gleichung",
    (
        "The Fokker-Planck equation describes how the distribution of all points changes in time; it says nothing "
        "about single points. It shows that random steps spread a crowd just as a smooth flow out of its dense places "
        "would, and that this flow is half as strong as the pull along the score by which DDPM walks back. So half "
        "of the pull only makes up for the fresh noise. Leave out the noise and that half, and the distribution stays "
        "the same at every noise level."
    ): (
        "Die Fokker-Planck-Gleichung beschreibt, wie sich die Verteilung aller Punkte mit der Zeit ändert; über "
        "einzelne Punkte sagt sie nichts. Sie zeigt: Zufallsschritte zerstreuen eine Menge von Punkten genau so, wie "
        "es ein glatter Strom aus ihren dichten Stellen heraus täte, und dieser Strom ist halb so stark wie der Zug "
        "entlang des Scores, mit dem DDPM zurückgeht. Die Hälfte des Zuges gleicht also nur das frische Rauschen aus. "
        "Lässt man das Rauschen und diese Hälfte weg, bleibt die Verteilung bei jedem Rauschpegel dieselbe."
    ),
    "DDIM takes this smooth path. It adds no noise at all.": (
        "DDIM nimmt diesen glatten Weg. Es fügt gar kein Rauschen hinzu."
    ),
    "DDPM with no added noise collapsed. DDIM also adds no noise. Where do its points end?": (
        "DDPM ohne Rauschen fiel zusammen. Auch DDIM fügt kein Rauschen hinzu. Wo enden seine Punkte?"
    ),
    "They collapse as well": "Sie fallen auch zusammen",
    "In the same distribution as DDPM's points": "In derselben Verteilung wie die Punkte von DDPM",
    "Spread out, far from the data": "Verstreut, fern von den Daten",
    (
        "A statistical test finds no more difference between DDIM's and DDPM's points than chance allows (p = "
        "{same:.2f}; a p below 0.05 would be a sign of one). It does tell DDPM with no added noise apart (p = "
        "{collapsed:.3f})."
    ): (
        "Ein statistischer Test findet zwischen den Punkten von DDIM und DDPM keinen größeren Unterschied, als der "
        "Zufall erlaubt (p = {same:.2f}; unter 0,05 wäre es ein Anzeichen dafür). DDPM ohne Rauschen erkennt er "
        "dagegen (p = {collapsed:.3f})."
    ),
    (
        "A smooth path also needs fewer steps. With only 10 steps DDIM's points end {ddim:.3f} from the data, DDPM's "
        "{ddpm:.3f} (energy distance, 0 is perfect)."
    ): (
        "Ein glatter Weg braucht auch weniger Schritte. Mit nur 10 Schritten enden die Punkte von DDIM {ddim:.3f} von "
        "den Daten entfernt, die von DDPM {ddpm:.3f} (Energiedistanz, 0 ist vollkommen)."
    ),
    "p = {same:.2f}: other paths, and the test finds no other distribution.": (
        "p = {same:.2f}: andere Wege, und der Test findet keine andere Verteilung."
    ),
    "In the 2-D lab, compare the densities of the smooth path (η = 0) and of the random one.": (
        "Vergleichen Sie im 2-D-Labor die Dichten des glatten Weges (η = 0) und des zufälligen."
    ),
    "Here the test does tell DDIM's points from DDPM's (p = {same:.2f}): with so few steps they differ a little.": (
        "Hier unterscheidet der Test die Punkte von DDIM und DDPM (p = {same:.2f}): Bei so wenigen Schritten "
        "weichen sie etwas voneinander ab."
    ),
}
