"""English words and how glad (up to 3) or sad (down to -3) they sound."""

BY_SCORE = {
    3: "amazing awesome brilliant excellent fantastic magnificent marvellous marvelous outstanding perfect superb "
    "thrilled wonderful adore delighted ecstatic",
    2: "beautiful best charming cheerful delicious delightful elegant enjoy enjoyed enjoyable glad great happy helpful "
    "impressive joy joyful love loved lovely loves pleased proud recommend smooth success successful thank thanks "
    "grateful favourite favorite beautifully",
    1: "better calm clean clear clever comfortable cool easy fair fast fine friendly fresh fun good handy hope "
    "interesting kind like liked neat nice pleasant polite quick reliable safe smart solid useful warm welcome well "
    "works worth",
    -1: "annoyed boring cold confused confusing cheap complicated difficult dirty dull expensive hard lack late lost "
    "miss missed missing noisy odd old poor problem problems rude slow strange tired unclear unsure wait waited weak "
    "worry worried",
    -2: "afraid angry annoying bad badly broke broken bug bugs complain complaint crash crashed crashes "
    "disappointed disappointing dislike error errors fail failed fails failure frustrated frustrating hurt lie lied "
    "mess sad scared sorry stupid trouble ugly unhappy upset useless waste wasted worse wrong",
    -3: "abysmal appalling atrocious awful cruel disaster disgusting dreadful furious hate hated hates hopeless "
    "horrible horrific nightmare pathetic scam terrible terribly unacceptable worst",
}
SCORES = {word: score for score, words in BY_SCORE.items() for word in words.split()}
NEGATIONS = {"not", "no", "never", "nothing", "nobody", "without", "hardly", "cannot", "nor", "neither"}
INTENSIFIERS = {"very", "really", "extremely", "so", "too", "absolutely", "totally", "incredibly", "truly", "most"}
DOWNTONERS = {"slightly", "somewhat", "rather", "fairly", "little", "bit", "almost", "quite"}
